// Facts about the gate as a whole: what a person has stopped, and when it goes on. A stop and its end are one stream.

/** What is stopped: all that one agent does, one area of actions, or everything. Exactly one member is there. */
export interface RecordedScope {
  agent?: string;
  area?: string;
  all?: true;
}

/** A person has stopped something. From then on nothing in its scope is permitted. */
export interface GateStopped {
  type: 'gate.stopped';
  scope: RecordedScope;
  by: string;
  by_name: string;
  reason: string;
  /** RFC 3339, UTC: when it ends by itself. */
  until?: string;
  security?: true;
}

/** What was stopped goes on: a person said so, or its time was over. */
export interface GateResumed {
  type: 'gate.resumed';
  scope: RecordedScope;
  /** Absent when nobody did: its time was over. */
  by?: string;
  by_name?: string;
  reason?: string;
}

export type GateFact = GateStopped | GateResumed;
export type GateFactType = GateFact['type'];
