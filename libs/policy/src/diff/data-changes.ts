/** One place in the data that differs. */
export interface DataChange {
  /** JSON pointer (RFC 6901). */
  pointer: string;
  change: 'added' | 'removed' | 'changed';
  before?: unknown;
  after?: unknown;
}

/** Where two data documents differ, in the order of their members: the outermost place that is there on one side only. */
export function dataChanges(before: string, after: string): DataChange[] {
  return [...between(JSON.parse(before), JSON.parse(after), '')];
}

function* between(before: unknown, after: unknown, pointer: string): Generator<DataChange> {
  if (isRecord(before) && isRecord(after)) {
    for (const name of [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()) {
      const below = `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
      if (!Object.hasOwn(after, name)) yield { pointer: below, change: 'removed', before: before[name] };
      else if (!Object.hasOwn(before, name)) yield { pointer: below, change: 'added', after: after[name] };
      else yield* between(before[name], after[name], below);
    }
  } else if (JSON.stringify(before) !== JSON.stringify(after)) yield { pointer, change: 'changed', before, after };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
