// The rules. What a decision is, who may countersign it, and when a permission stops: pure functions over plain data. It
// knows no clock, no database, no channel and no person but those it is handed.
export { alikeGroups, type AlikeGroup, type AlikeRequest } from './alike.js';
export { renderCard, type Card, type Sheet } from './card.js';
export { isTimeZone } from './clock-text.js';
export {
  breakGlassAnew,
  breakTerms,
  refusedBreak,
  type BreakGlass,
  type Breaking,
  type BreakTerms,
} from './break-glass.js';
export { addSeconds } from './deadline.js';
export { decide, type Command, type Report, type Ruling } from './decide.js';
export { mayNotDelegate, seatHanded, type Delegation, type DelegationProblem } from './delegation.js';
export { ACTIVATION } from './eligibility.js';
export * from './event.js';
export { evolve, type Recorded } from './evolve.js';
export { floodNotice, floodToTell, type Flood, type FloodTold } from './flood.js';
export { grantTerms, hold, type Hold } from './hold.js';
export { DAYS, type Calendar, type Calendars, type DailyHours, type Hours, type Period } from './hours.js';
export { hadIdAt, identityKey, sameIdentity } from './identity.js';
export { inert, saysNothing, visible } from './inert.js';
export {
  groupsAsked,
  groupsOf,
  quorumsOf,
  seat,
  seatBest,
  type Quorum,
  type QuorumChoice,
  type Sitter,
} from './quorum.js';
export { isCut, wholeText } from './payload.js';
export { redact, type Redacted } from './redact.js';
export { type HolderProof, type Redeem } from './redeem.js';
export { besideText, similarRequests, type Beside, type Reader, type Related, type SimilarRequest } from './related.js';
export { callOf, renderReminder, standInNotice, type Call, type Reminder } from './reminder.js';
export { refuse, type Refusal, type RefusalCode } from './refusal.js';
export * from './request.js';
export { ASKS_WINDOW_S, FLOODING, restraint, type Limits, type Standing } from './restraint.js';
export {
  beyond,
  inScope,
  roleFor,
  roleRefusal,
  ROLES,
  rolesOf,
  SCOPES,
  type Duty,
  type Role,
  type Scope,
} from './roles.js';
export { answersTo, approverSignals, type Answer, type ApproverSignals, type Habits } from './signals.js';
export {
  isAskedIn,
  isConcerned,
  isParty,
  maySee,
  noVoteBecause,
  seesAll,
  type Viewer,
  type VoteSituation,
} from './sight.js';
export { isVariable, leaveGiven, LONGEST_SESSION_S, sessionOf, type Draw, type SessionChoice } from './session.js';
export { type CloseReview, type Finding } from './review.js';
export * from './state.js';
export {
  areaOf,
  inForce,
  mayNotResume,
  mayNotStop,
  noRoomToStop,
  scopeText,
  stopOf,
  stopReason,
  stoppedVerdict,
  type Stop,
  type StopActor,
  type StopScope,
} from './stop.js';
export * from './verdict.js';
export { DAY, instantsOf, MINUTE, offsetAt, wallAt } from './wall-clock.js';
export { type CastVote, type Retract } from './vote.js';
export { nextDue, type Due, type Escalate, type Remind } from './waiting.js';
