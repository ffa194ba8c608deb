// What policy said about one request, as plain data. Produced by libs/policy, which guarantees the shape.

export type RiskLevel = 'low' | 'medium' | 'high' | 'critical';
export type Effect = 'allow' | 'deny' | 'require_approval';

export interface Reason {
  rule: string;
  text: string;
}

export interface Risk {
  level: RiskLevel;
  /** 0 to 100. */
  score: number;
  /** Ids of the rules that raised it. */
  factors: string[];
}

/** A number of places, each to be filled by a different member of one group. */
export interface SeatTerms {
  group: string;
  count: number;
}

/** Places to be filled together. */
export type QuorumTerms = SeatTerms[];

/** Further seats that are asked when nobody has answered for a while, or when too few are left who may. */
export interface Escalation {
  /** Seconds after the request was made. */
  after_s: number;
  /** A quorum of its own: it does as well as those that were asked before. */
  seats: QuorumTerms;
}

/** On what terms people may approve further actions together with one: of the same agent, in the same session. */
export interface SessionTerms {
  /** How long from the approval, in seconds; an hour at most. */
  expires_in_s: number;
  /** How many further actions. */
  count: number;
  /** JSON pointers into the request that may differ: below its action's or resource's properties, or the resource's id. */
  vary: string[];
  limits: SessionLimit[];
}

/** A number in the request that is bounded. */
export interface SessionLimit {
  pointer: string;
  /** The most in one action. */
  each?: number;
  /** The most in all of them together, the first included. */
  total?: number;
}

export interface ApprovalTerms {
  seats: QuorumTerms;
  /** Quorums that do as well as `seats`. Absent when there is none. */
  alternatives?: QuorumTerms[];
  /** How many must deny for a denial; one when absent. */
  deny_quorum?: number;
  /** In the order of their time. Absent when there is none. */
  escalate?: Escalation[];
  /** True if people who join a group after the request was made may vote on it. */
  late_members?: boolean;
  /** Absent when each action is to be approved by itself. */
  session?: SessionTerms;
  /** How long people have, in seconds. */
  expires_in_s: number;
  reason_required: boolean;
  /** Where people may be asked; empty means everywhere. */
  channels: string[];
  /** JSON pointers into the request that people's cards must not show. */
  redact: string[];
  /** Ids of people, or names of groups, who may not vote, besides those who never may. */
  exclude: string[];
  step_up: boolean;
}

export interface GrantTerms {
  /** Lifetime in seconds. */
  expires_in_s: number;
  uses: number;
}

export interface Obligation {
  id: string;
  properties?: Record<string, unknown>;
}

/** What an action adds to a counter that policy reads later. */
export interface Count {
  counter: string;
  /** In whatever unit the counter has, from 0. */
  amount: number;
}

/** What an action does to the flow of data of its session. */
export type FlowFact = 'untrusted_read' | 'sensitive_read' | 'way_out' | 'irreversible';

/** What policy said an action is, whether or not it may be done. Absent members mean nothing of the kind. */
export interface Classification {
  counts?: Count[];
  flow?: FlowFact[];
}

export interface Verdict extends Classification {
  effect: Effect;
  reasons: Reason[];
  risk: Risk;
  /** Present exactly when effect is require_approval. */
  approval?: ApprovalTerms;
  obligations: Obligation[];
  grant?: GrantTerms;
  /** Present only when policy was asked for a person who wants to break the glass. */
  break_glass?: { rules: BreakGlassRule[]; guarded: boolean };
  policy: { revision: string };
}

/** Who may break the glass for an action, and on what terms. */
export interface BreakGlassRule extends Reason {
  /** Whose members may. */
  groups: string[];
  /** How long the permission lives at most, in seconds. */
  duration_s: number;
  uses: number;
  /** Groups that are told at once. */
  notify: string[];
  /** Effects it beats besides a missing approval. Guardrails are never among them. */
  overrides: 'deny'[];
  review: { groups: string[]; within_s: number };
  /** True if it may be done while a review of the same person is overdue. */
  while_overdue: boolean;
}

const SCORES: Record<RiskLevel, number> = { low: 10, medium: 40, high: 70, critical: 95 };

/** The fixed score of a level, for verdicts that give none. */
export function scoreOf(level: RiskLevel): number {
  return SCORES[level];
}
