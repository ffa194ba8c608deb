// The contract between the services and with the world: protos, events, topics, statuses. It carries no rule and talks to
// nothing.
export * from './gen/countersign/v1/approval_pb.js';
export * from './gen/countersign/v1/audit_pb.js';
export * from './gen/countersign/v1/decision_pb.js';
export * from './gen/countersign/v1/gate_pb.js';
export * from './gen/countersign/v1/people_pb.js';
export * from './gen/countersign/v1/policy_pb.js';
export * from './gen/countersign/v1/types_pb.js';
export { StatusSchema, type Status } from './gen/google/rpc/status_pb.js';
export { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from './gen/google/rpc/error_details_pb.js';
export type { AgentFact, AgentFactType, AgentFlooding } from './agent-events.js';
export { cloudEventHeaders, type Envelope } from './envelope.js';
export { type RecordedType } from './event-schemas.js';
export { Fault } from './fault.js';
export type { SeatDelegated, SeatDelegationEnded, SeatFact, SeatFactType } from './seat-events.js';
export type { GateFact, GateFactType, GateResumed, GateStopped, RecordedScope } from './gate-events.js';
export { isLoopback } from './loopback.js';
export { nearest } from './nearest.js';
export type {
  AccountLinked,
  AccountUnlinked,
  CredentialFact,
  CredentialFactType,
  PersonSignedIn,
  PersonSignedOut,
  TokenIssued,
  TokenRevoked,
} from './credential-events.js';
export type {
  ChangeKind,
  PolicyActivated,
  PolicyFact,
  PolicyFactType,
  PolicyLoadFailed,
  PolicyServing,
  PolicyUploaded,
  RecordedChanges,
} from './policy-events.js';
export type {
  GroupChanged,
  PeopleFact,
  PeopleFactType,
  PersonChanged,
  PersonProvisioned,
  PersonRemoved,
} from './people-events.js';
export {
  packageDefinition,
  READING,
  reflectionDefinition,
  serviceDefinition,
  SERVICES,
  type MethodDefinition,
  type ServiceDefinition,
} from './services.js';
export {
  CODES,
  invalidArgument,
  StatusError,
  type CodeName,
  type ErrorDetails,
  type FieldViolation,
} from './status.js';
export { AUDIT_GROUP, AUDIT_TOPIC, CHECKPOINTS_TOPIC, EVENTS_TOPIC, NOTIFIER_GROUP } from './topics.js';
