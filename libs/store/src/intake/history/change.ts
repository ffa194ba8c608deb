import type { CounterKey } from './counter-key.js';

/** A counter as it was when policy saw it. Version '0' is one that nothing was ever added to. */
export interface ExpectedHead {
  key: CounterKey;
  version: string;
}

export interface Addition {
  key: CounterKey;
  /** RFC 3339, UTC. */
  at: string;
  count: number;
  sum: number;
  denies: number;
  /** Counted once per window, however often it is named. */
  resource?: string;
}

/** The first time that something happened in a session, or in an unbroken hour of a subject. */
export interface FlowOccurrence {
  fact: string;
  /** RFC 3339, UTC. */
  at: string;
  action: string;
  resource: string;
  decision_id: string;
}

/** What a decision adds to history, in the transaction that stores its event. */
export interface HistoryChange {
  /** If one of these has moved, the write is a `conflict` and nothing of it is in: read again and decide again. */
  expect?: ExpectedHead[];
  add: Addition[];
  flow: {
    subject: string;
    /** The session key. From this write on the session is known, also when there are no facts. */
    session?: string;
    facts: string[];
    at: string;
    action: string;
    resource: string;
    /** Facts the session begins with, such as those its first decision saw of its subject. An older fact is kept. */
    inherited?: FlowOccurrence[];
  };
}

/** A change that could not be stored would fail all that commit with it, so it is turned away before. */
export function requireStorable({ add, flow }: HistoryChange): void {
  const texts = add.map(({ key }) => key.counter).concat(flow.facts, flow.action, flow.resource);
  const control = texts.find((text) => CONTROL.test(text));
  if (control !== undefined) throw new RangeError(`history: ${JSON.stringify(control)} has control characters`);
  for (const { count, sum, denies } of add) {
    if (!Number.isSafeInteger(count) || !Number.isSafeInteger(denies) || !Number.isFinite(sum))
      throw new RangeError(`history: cannot add ${count}, ${sum}, ${denies} to a counter`);
  }
  for (const { at } of [...add, ...(flow.inherited ?? []), flow]) {
    if (Number.isNaN(Date.parse(at))) throw new RangeError(`history: ${at} is not a time`);
  }
}

const CONTROL = /\p{Cc}/u;
