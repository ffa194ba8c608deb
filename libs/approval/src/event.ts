import type { ActionRequest, ChatAccount, Destination } from './request.js';
import type { ApprovalTerms, Classification, GrantTerms, Obligation, QuorumTerms, Reason, Risk } from './verdict.js';

// Facts about one decision, in past tense. These shapes are the `data` of recorded events: they are never changed once
// released, only added to, because old ledgers must stay readable.

export type VoteChoice = 'approve' | 'deny';

interface Answered extends Classification {
  request: ActionRequest;
  /** The person answerable for the agent, and where the agent stands in the directory. */
  agent: RecordedAgent;
  /** What policy was told of earlier actions. Absent when it was told nothing. */
  history?: Record<string, unknown>;
  action_digest: string;
  reasons: Reason[];
  risk: Risk;
  policy: { revision: string };
}

/** An agent as policy saw it: with the request's subject and the event's time, the policy input can be made again. */
export interface RecordedAgent {
  owner: string;
  owner_name?: string;
  groups: string[];
  trust?: string;
}

/** Policy allowed it and nobody needed to be asked. With `grant`, the permission is counted and must be redeemed. */
export interface DecisionAllowed extends Answered {
  type: 'decision.allowed';
  obligations: Obligation[];
  grant?: IssuedGrant;
  /** Present when people had approved it together with another one, in the same session. */
  session?: DrawnFrom;
}

/** Which decision gave leave, which use of it this is, and who had approved. */
export interface DrawnFrom {
  decision_id: string;
  use: number;
  approvers: { id: string; name: string }[];
}

/** Policy denied it, or it could not be asked about. */
export interface DecisionDenied extends Answered {
  type: 'decision.denied';
}

/** Policy wants people to answer first. */
export interface DecisionHeld extends Answered {
  type: 'decision.held';
  obligations: Obligation[];
  approval: ApprovalTerms;
  /** RFC 3339, UTC. */
  expires_at: string;
  /** Ids of people whose vote never counts here, with the reason. */
  excluded: { id: string; because: Exclusion }[];
  /** Who was eligible when it was created: the first hundred of them. */
  asked: Asked[];
  /** Ids of all who were eligible then, when nobody who joins later may vote. Absent when they were too many to record. */
  members?: string[];
  /** When those who are asked will have gone home before they can answer, and others will be at work: they are asked then. */
  away_from?: string;
  destinations: Destination[];
  grant: GrantTerms;
}

/** Somebody who may answer. */
export interface Asked {
  id: string;
  name: string;
  groups: string[];
  /** Where they can be spoken to, of those who are called by name. */
  accounts?: ChatAccount[];
  /** Names of those whose seats they hold, when they are asked for no seat of their own. */
  standing_in?: string[];
}

export type Exclusion = 'owner' | 'principal' | 'requester' | 'delegation' | 'author' | 'policy';

/** The same request was made again while it was pending; it joined the decision that was already there. */
export interface DecisionRepeated {
  type: 'decision.repeated';
  request_id?: string;
  submitted_by?: string;
}

export interface VoteCast {
  type: 'vote.cast';
  voter: string;
  voter_name: string;
  vote: VoteChoice;
  reason?: string;
  /** The voter's groups among the groups asked, at the time of the vote. */
  groups: string[];
  /** Whose seats the voter holds, of those groups in which they have none of their own. */
  standing_in?: { id: string; name: string; group: string }[];
  channel: string;
  /** The service that brought the vote, when the voter did not call it directly. */
  submitted_by?: string;
  seen_digest?: string;
  card_digest?: string;
  /** Whether the voter had the whole of it open, as the surface tells. */
  opened_details?: boolean;
  /** For how long it was before the voter's eyes, in seconds, as the surface tells. */
  considered_s?: number;
  /** The voter approves further actions like it in the same session, too. */
  session?: { count?: number; expires_in_s?: number };
}

/** Somebody tried to vote and the rules said no. Changes nothing. */
export interface VoteRefused {
  type: 'vote.refused';
  voter: string;
  vote: VoteChoice;
  because: string;
  channel: string;
  submitted_by?: string;
}

/** A person took their vote back before it was decided. */
export interface VoteRetracted {
  type: 'vote.retracted';
  voter: string;
  channel: string;
  submitted_by?: string;
}

/** Half the time is over and people have not answered. */
export interface ApprovalReminded {
  type: 'approval.reminded';
  /** Who is still asked: the first hundred. Absent in what was recorded when nobody was named. */
  people?: Reminded[];
  /** Groups that are left in peace for now, and are reminded then. */
  waiting?: { group: string; until: string }[];
}

/** Somebody who is still asked, and where they can be spoken to. */
export interface Reminded {
  id: string;
  name: string;
  /** The groups they are asked for that have places left. */
  groups: string[];
  accounts: ChatAccount[];
}

/** Nobody has answered for a while: further people are asked, whose quorum does as well as the first. */
export interface ApprovalEscalated {
  type: 'approval.escalated';
  seats: QuorumTerms;
  asked: DecisionHeld['asked'];
  members?: string[];
  away_from?: string;
  /** Why now, when it is sooner than policy would have it. */
  reason?: Reason;
  destinations: Destination[];
}

export interface IssuedGrant {
  id: string;
  /** RFC 3339, UTC. */
  expires_at: string;
  uses: number;
}

/** The quorum is complete. */
export interface DecisionApproved {
  type: 'decision.approved';
  approvers: { id: string; name: string; seat: string }[];
  grant: IssuedGrant;
  /** Present when all of them gave leave for further actions. */
  session?: SessionLeave;
}

/** What people let the agent do besides, in the same session. */
export interface SessionLeave {
  /** Further actions. */
  count: number;
  /** RFC 3339, UTC. */
  expires_at: string;
  /** What each number that has a limit comes to so far. */
  totals: { pointer: string; sum: number }[];
}

/** A further action was allowed because people had approved it with this one. */
export interface SessionDrawn {
  type: 'session.drawn';
  /** The decision of that action. */
  decision_id: string;
  action_digest: string;
  /** Which use of the leave, from 1. */
  use: number;
  amounts?: { pointer: string; amount: number }[];
}

/** Somebody took back the leave for further actions, or a stop did. */
export interface SessionEnded {
  type: 'session.ended';
  by: string;
  by_name: string;
  reason: string;
  /** The stop that did. */
  stop?: string;
}

/** The time of the leave for further actions is over. */
export interface SessionExpired {
  type: 'session.expired';
  /** How many further actions were not made. */
  unused: number;
}

/** An eligible person said no. */
export interface DecisionRejected {
  type: 'decision.rejected';
  by: string;
  by_name: string;
  reason: string;
}

/** Nobody answered in time. */
export interface DecisionExpired {
  type: 'decision.expired';
}

export interface DecisionWithdrawn {
  type: 'decision.withdrawn';
  by: string;
  reason?: string;
}

export interface DecisionRevoked {
  type: 'decision.revoked';
  by: string;
  by_name: string;
  reason: string;
  /** The stop that took it back, if it was one. */
  stop?: string;
}

/** A stop has ended it while it waited for people. */
export interface DecisionStopped {
  type: 'decision.stopped';
  by: string;
  by_name: string;
  reason: string;
  stop: string;
}

/** Whoever broke the glass, and what that permits. */
export interface Broken {
  by: string;
  by_name: string;
  /** Why it could not wait. */
  reason: string;
  ticket?: string;
  /** The rule of policy that let them. */
  rule: string;
  /** What of policy it beat, when that was more than a missing approval. */
  overrode?: 'deny';
  policy: { revision: string };
  grant: IssuedGrant;
  /** Groups that were told. */
  notified: string[];
  destinations: Destination[];
}

/**
 * A person let it run without the approval, or against the denial, of policy. As a first event it says what was asked; on a
 * request that waited that is known.
 */
export interface DecisionBrokeGlass extends Broken, Partial<Omit<Answered, 'policy'>> {
  type: 'decision.broke_glass';
  obligations?: Obligation[];
}

/**
 * Somebody tried to break the glass and the rules said no. Changes nothing. In the stream of the decision it was tried on; for
 * what is no decision, in one of its own, and then it says what was to be done.
 */
export interface BreakGlassRefused {
  type: 'break_glass.refused';
  by: string;
  by_name: string;
  because: string;
  /** Their words, if they said any. */
  reason?: string;
  ticket?: string;
  action_digest: string;
  subject?: { type: string; id: string };
  action?: string;
  resource?: { type: string; id: string };
}

/** What was done has to be looked at by somebody who had no part in it. */
export interface ReviewOpened {
  type: 'review.opened';
  groups: string[];
  /** RFC 3339, UTC. */
  due_at: string;
  /** Ids of people who cannot close it, with the reason. */
  excluded: DecisionHeld['excluded'];
}

/** Nobody has closed the review in time. */
export interface ReviewOverdue {
  type: 'review.overdue';
}

export interface ReviewClosed {
  type: 'review.closed';
  by: string;
  by_name: string;
  finding: 'justified' | 'not_justified';
  comment: string;
}

export interface GrantRedeemed {
  type: 'grant.redeemed';
  grant_id: string;
  by: string;
  policy: { revision: string };
  /** Which use this was, from 1. Absent in what was recorded when every grant worked once. */
  use?: number;
  /** Where it was used, if that was said. */
  audience?: string;
  /** The key that its holder proved to have, and the proof. */
  proof?: { key: string; id: string };
}

/** Somebody tried to use a grant and the rules said no. Changes nothing. */
export interface GrantRefused {
  type: 'grant.refused';
  grant_id?: string;
  by: string;
  because: string;
}

/** The permission, or what was left of it, was not used in time. */
export interface GrantExpired {
  type: 'grant.expired';
  grant_id: string;
  /** How many uses were left. Absent in what was recorded when every grant worked once. */
  unused?: number;
}

export interface OutcomeReported {
  type: 'outcome.reported';
  by: string;
  success: boolean;
  summary?: string;
  details?: Record<string, unknown>;
  /** Which use of the grant it is about. */
  use?: number;
}

export type DecisionEvent =
  | DecisionAllowed
  | DecisionDenied
  | DecisionHeld
  | DecisionRepeated
  | VoteCast
  | VoteRefused
  | VoteRetracted
  | ApprovalReminded
  | ApprovalEscalated
  | DecisionApproved
  | DecisionRejected
  | DecisionExpired
  | DecisionWithdrawn
  | DecisionRevoked
  | DecisionStopped
  | SessionDrawn
  | SessionEnded
  | SessionExpired
  | DecisionBrokeGlass
  | BreakGlassRefused
  | ReviewOpened
  | ReviewOverdue
  | ReviewClosed
  | GrantRedeemed
  | GrantRefused
  | GrantExpired
  | OutcomeReported;

export type EventType = DecisionEvent['type'];
