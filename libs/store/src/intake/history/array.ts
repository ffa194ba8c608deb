/** An array parameter, from values that need no quoting: numbers and digests. Half of the time of a batch goes into these. */
export function arrayOf<T>(items: T[], toValue: (item: T) => number | string): string {
  let text = '{';
  for (let i = 0; i < items.length; i++) text += (i === 0 ? '' : ',') + toValue(items[i]!);
  return text + '}';
}
