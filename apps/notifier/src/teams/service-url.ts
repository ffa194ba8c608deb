import { isLoopback } from '@countersign/contract';

// The bot's token goes where the service URL says, so a forged URL would be a stolen token. Only named hosts get it.

/** The URL without its last slash when its host is named, with https or on loopback; otherwise undefined. */
export function trustedServiceUrl(text: string, hosts: readonly string[]): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (!hosts.includes(url.host) || url.username || url.password || url.search || url.hash) return undefined;
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname))) return undefined;
  return url.href.replace(/\/+$/, '');
}

/** Where a conversation is looked for until the channel itself has said where it is. */
export function defaultServiceUrl(hosts: readonly string[]): string {
  const host = hosts[0] ?? '';
  const scheme = URL.canParse(`http://${host}`) && isLoopback(new URL(`http://${host}`).hostname) ? 'http' : 'https';
  return `${scheme}://${host}/teams`;
}
