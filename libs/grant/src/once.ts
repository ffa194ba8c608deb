import type { Action } from './action.js';
import type { GrantClaims } from './claims.js';
import type { Holder } from './proof.js';
import type { Refused } from './refusal.js';

/** A grant that has passed every check that can be made without asking, about to be used. */
export interface Use {
  grant: string;
  claims: GrantClaims;
  action: Action;
  audience: string;
  /** Present exactly when the grant is bound to a key. */
  holder?: Holder;
  proof?: string;
  now: Date;
}

/** What became of a use that may go on. */
export interface Used {
  /** Which use it is, from 1. */
  use: number;
  /** What whoever runs the action must also do; told by intake alone. */
  obligations?: { id: string; properties?: Record<string, unknown> }[];
}

/** Whoever sees to it that a grant is not used too often. It must count before it answers. */
export interface Once {
  use(use: Use): Promise<Used | Refused>;
}
