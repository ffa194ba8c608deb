import type { AskLimit } from './asks/limit.js';
import type { PolicyChange } from './bundles/change.js';
import type { HistoryChange } from './history/change.js';
import type { RegistryChange } from './registry/change.js';

// What intake asks to be written. All of it commits together, or none of it does.

/** An event that has everything but its place at its source, which the writer gives it. */
export interface EventDraft {
  id: string;
  type: string;
  /** RFC 3339, UTC, milliseconds. */
  at: string;
  /** Number within its decision, from 1. */
  version: number;
  /** Canonical JSON text of the event's data. */
  data: string;
  /** What it is about, when it is not the decision of the write. */
  stream?: string;
  traceId?: string;
  /** With the first event of a decision: by whom it is found when decisions are listed. */
  parties?: Parties;
}

/** Ids of agents. */
export interface Parties {
  subject: string;
  /** Whoever asked for it, when that is not the subject. */
  submittedBy?: string;
}

export interface StateRow {
  version: number;
  status: string;
  subject_id: string;
  digest: string;
  /** RFC 3339; when it ends by itself, if ever. */
  deadline: string | null;
  /** RFC 3339; when time does something to it next: reminds of it, or ends it. */
  due: string | null;
  /** Whether people were asked. It never changes. */
  held: boolean;
  /** Ids of people who are asked, while it waits. */
  asked: string[] | null;
  /** What further actions are found by that it gives leave for; absent when it gives none. */
  session?: string;
  /** JSON text. */
  state: string;
}

export interface Write {
  decisionId: string;
  events: EventDraft[];
  /** SHA-256 of caller and request_id: at most one event in the whole table has it. */
  requestKey?: Buffer;
  /** Absent for an answer that needs nobody. `expected` 0 means that no state row exists yet. */
  state?: { expected: number; row: StateRow };
  /** A decision that begins with it, besides the one it is about. */
  born?: { decisionId: string; row: StateRow };
  history?: HistoryChange;
  policy?: PolicyChange;
  /** Standing facts that change with it. */
  registry?: RegistryChange[];
  /** It puts its subject's request before people, and not more of them than this. */
  asks?: AskLimit;
}

/**
 * `conflict`: somebody else changed the decision, a counter that was expected to stand still, a standing fact or which policy serves, or an
 * equal request is pending; load it and decide again.
 * `duplicate`: the request key is taken; read what it was answered.
 */
export type Written = 'written' | 'conflict' | 'duplicate';

/** Where an event stands at its source. */
export interface SourcePosition {
  source: string;
  seq: number;
  /** base64url SHA-256 of the body before, empty for the first. */
  prev: string;
}

/** The bytes of an event: canonical by construction, members in sorted order. Source, ids, types and times need no escape. */
export function eventText(decisionId: string, draft: EventDraft, position: SourcePosition): string {
  const trace = draft.traceId ? `"trace_id":"${draft.traceId}",` : '';
  return (
    `{"at":"${draft.at}","data":${draft.data},"decision_id":"${decisionId}","id":"${draft.id}","prev":"${position.prev}",` +
    `"seq":${position.seq},"source":"${position.source}",${trace}"type":"${draft.type}","v":1,"version":${draft.version}}`
  );
}
