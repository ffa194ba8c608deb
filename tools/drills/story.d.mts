export interface Reply {
  what: string;
  by: string;
  ok: boolean;
  reason: string;
}

export function problemsOf(story: {
  events: object[];
  state: object;
  states: string[];
  replies: Reply[];
  ends: string[];
}): string[];

export function chainProblems(rows: { body: Buffer }[]): { sources: number; problems: string[] };
