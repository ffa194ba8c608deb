import { hash } from 'node:crypto';

/** Whose actions a counter adds up. Everybody's, for `area`. */
export type Scope = 'subject' | 'principal' | 'session' | 'area';

export interface CounterKey {
  /** Named by policy. */
  readonly counter: string;
  readonly scope: Scope;
  /** Subject id; principal id; for a session, `subject "\n" session`, because sessions are named by agents; '' for area. */
  readonly key: string;
}

/**
 * A limit on one of these holds exactly, however many requests run at once: each has a head whose version moves with every
 * addition. An area is everybody, who must not wait for each other, so there a limit may be passed by what is under way.
 */
const STRICT: ReadonlySet<Scope> = new Set(['subject', 'principal', 'session']);

/** Whether a counter must not move between the look at it and the write that relies on it. */
export function isStrict({ scope }: CounterKey): boolean {
  return STRICT.has(scope);
}

/**
 * What stands for a text in an index, because ids are long: 16 bytes of its SHA-256, which PostgreSQL keeps best as a uuid.
 * Whoever could find two alike would only be counted as one.
 */
export function digest(text: string): string {
  return hash('sha256', text).slice(0, 32);
}

const ids = new WeakMap<CounterKey, string>();

/** What a counter is called in the tables. A scope and the name of a counter hold no line feed. */
export function idOf(counter: CounterKey): string {
  let id = ids.get(counter);
  if (id === undefined) ids.set(counter, (id = digest(`${counter.scope}\n${counter.counter}\n${counter.key}`)));
  return id;
}
