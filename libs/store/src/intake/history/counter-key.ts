import { hash } from 'node:crypto';

/** Whose actions a counter adds up. Everybody's, for `area`. */
export type Scope = 'subject' | 'principal' | 'session' | 'area';

export interface CounterKey {
  /** Named by policy. */
  counter: string;
  scope: Scope;
  /** Subject id; principal id; for a session, `subject "\n" session`, because sessions are named by agents; '' for area. */
  key: string;
}

/**
 * A limit on one of these holds exactly, however many requests run at once: each has a head whose version moves with every
 * addition. An area is everybody, who must not wait for each other, so there a limit may be passed by what is under way.
 */
const STRICT: ReadonlySet<Scope> = new Set(['subject', 'principal', 'session']);

export function isStrict({ scope }: CounterKey): boolean {
  return STRICT.has(scope);
}

/** 16 bytes that stand for a text in an index: ids are long, and whoever could find two alike would only be counted as one. */
export function digest(text: string): Buffer {
  return hash('sha256', text, 'buffer').subarray(0, 16);
}

/** One text for one counter: a scope and the name of a counter hold no line feed. */
export function nameOf({ counter, scope, key }: CounterKey): string {
  return `${scope}\n${counter}\n${key}`;
}

/** What a counter is called in the tables. */
export function idOf(key: CounterKey): Buffer {
  return digest(nameOf(key));
}
