import type {
  Broken,
  DecisionHeld,
  DrawnFrom,
  IssuedGrant,
  OutcomeReported,
  RecordedAgent,
  ReviewClosed,
  ReviewOpened,
  SessionLeave,
  VoteCast,
} from './event.js';
import type { ActionRequest } from './request.js';
import type { Classification, Obligation, Reason, Risk } from './verdict.js';

// A decision as the fold of its events. Each status carries only what is true in it.

/** What every decision knows from its first event on. */
export interface BaseDecision extends Classification {
  id: string;
  /** Number of events so far: the expected version of the next write. */
  version: number;
  request: ActionRequest;
  agent: RecordedAgent;
  action_digest: string;
  reasons: Reason[];
  risk: Risk;
  policy: { revision: string };
  obligations: Obligation[];
  /** What policy was told of earlier actions. */
  history?: Record<string, unknown>;
  created_at: string;
  updated_at: string;
  /** The human part; absent when nobody was asked. */
  approval?: ApprovalState;
  /** The leave that people gave for further actions, and what is left of it. */
  session?: SessionLeave & { used: number; ended?: boolean };
  /** Whose leave this was allowed with. */
  drawn_from?: DrawnFrom;
  /** The last one reported. */
  outcome?: Omit<OutcomeReported, 'type'> & { at: string };
  /** The uses that have an outcome. */
  reported?: number[];
  /** When the grant was issued, if there is one: whatever happens later, it is the same grant. */
  granted_at?: string;
  /** How often the grant has been used, once it has been. */
  used?: number;
  /** Who broke the glass, if somebody did. */
  broke_glass?: Omit<Broken, 'grant'> & { at: string };
  /** What has to be said about that afterwards. */
  review?: ReviewState;
  /** Ids of the proofs its holder used it with: none is taken twice. */
  proofs?: string[];
}

export interface ApprovalState {
  terms: DecisionHeld['approval'];
  excluded: DecisionHeld['excluded'];
  asked: DecisionHeld['asked'];
  destinations: DecisionHeld['destinations'];
  grant: DecisionHeld['grant'];
  /** Ids of all who were eligible when they were asked; absent when those who join later may vote, too. */
  members?: string[];
  /** When those were asked who were not asked at once. */
  asked_later?: { id: string; at: string }[];
  /** True once half the time was over. */
  reminded?: boolean;
  /** Groups that were left in peace then. */
  waiting?: { group: string; until: string }[];
  /** When nobody who is asked will be at work any more. */
  away_from?: string;
  expires_at: string;
  /** One at most of each person: a later one takes the place of an earlier one. */
  votes: (Omit<VoteCast, 'type'> & { at: string; seat?: string })[];
}

export interface ReviewState extends Omit<ReviewOpened, 'type'> {
  /** True once nobody had closed it in time. */
  overdue?: boolean;
  closed?: Omit<ReviewClosed, 'type'> & { at: string };
}

export interface Pending extends BaseDecision {
  status: 'PENDING';
  approval: ApprovalState;
}
export interface Allowed extends BaseDecision {
  status: 'ALLOWED';
  /** Absent when policy allowed it outright: then there is nothing to use up. */
  grant?: IssuedGrant;
}
export interface Denied extends BaseDecision {
  status: 'DENIED';
  denied_by?: { id: string; name: string; reason: string };
  /** When a stop has ended it, and no person who was asked. */
  stopped_by?: { id: string; name: string; reason: string; stop: string };
}
export interface Expired extends BaseDecision {
  status: 'EXPIRED';
  /** What ran out: the time to answer, or the time to use the grant. */
  expired: 'approval' | 'grant';
}
export interface Withdrawn extends BaseDecision {
  status: 'WITHDRAWN';
  withdrawn_because?: string;
}
export interface Redeemed extends BaseDecision {
  status: 'REDEEMED';
  grant: IssuedGrant;
  redeemed_at: string;
}
export interface Revoked extends BaseDecision {
  status: 'REVOKED';
  revoked_by: { id: string; name: string; reason: string; stop?: string };
}

export type Decision = Pending | Allowed | Denied | Expired | Withdrawn | Redeemed | Revoked;
export type Status = Decision['status'];

/** How often the grant of a decision has been used. A state kept from when every grant worked once has no number. */
export function usesMade(decision: Decision): number {
  return decision.used ?? (decision.status === 'REDEEMED' ? 1 : 0);
}

/** The only transitions there are; anything else is refused. A use that leaves others leaves the decision ALLOWED. */
export const TRANSITIONS: Record<Status, readonly Status[]> = {
  PENDING: ['ALLOWED', 'DENIED', 'EXPIRED', 'WITHDRAWN'],
  ALLOWED: ['REDEEMED', 'REVOKED', 'EXPIRED'],
  DENIED: [],
  EXPIRED: [],
  WITHDRAWN: [],
  REDEEMED: [],
  REVOKED: [],
};
