// What is known, and what is looked at.

export const MODES = ['waiting', 'alike', 'history'];
export const waiting = new Map();
export const state = {
  person: undefined,
  /** 'waiting', 'alike' or 'history'. */
  mode: 'waiting',
  /** Requests like each other, as they were last read, and those that the open one is among. */
  alike: { groups: [], incomplete: false },
  among: [],
  decided: [],
  more: '',
  /** The request that is open, as it was last read, and since when it has been before the reader's eyes. */
  id: undefined,
  view: undefined,
  since: 0,
  whole: undefined,
  opened: false,
  draft: '',
  problem: '',
  sending: false,
};
