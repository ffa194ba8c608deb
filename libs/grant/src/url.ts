/** A complete https URL, or an http one of this machine. Throws TypeError for any other: keys and grants go nowhere else. */
export function safeUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const local = /^(localhost|\[::1\]|127(\.\d{1,3}){3})$/.test(url?.hostname ?? '');
  if (url && (url.protocol === 'https:' || (url.protocol === 'http:' && local))) return text;
  throw new TypeError(`${JSON.stringify(text)} is not a complete https:// URL; http:// is for this machine alone`);
}
