import type { Duty } from '@countersign/approval';
import { requireScope, type Caller } from '@countersign/directory';
import type { RpcService } from '@countersign/service';

/** What a limited credential must include to call a method. What is not here takes one that is not limited. */
const SCOPE_OF: Record<string, Duty | 'read'> = {
  GetDecision: 'read',
  WaitDecision: 'read',
  WatchDecision: 'read',
  ListDecisions: 'read',
  ListApprovals: 'read',
  ListApprovalGroups: 'read',
  ListApproverSignals: 'read',
  GetApproval: 'read',
  WatchApprovals: 'read',
  CastVote: 'vote',
  BreakGlass: 'vote',
  CloseReview: 'vote',
  ListReviews: 'read',
  StopActions: 'operate',
  ResumeActions: 'operate',
  ListStops: 'read',
  RevokeDecision: 'vote',
  ListBundles: 'read',
  GetBundle: 'read',
  GetShadowReport: 'read',
  UploadBundle: 'policy',
  ActivateBundle: 'policy',
  RollbackBundle: 'policy',
  SetCandidate: 'policy',
  ClearCandidate: 'policy',
  WhoAmI: 'read',
  ListTokens: 'read',
  ListLinks: 'read',
  GetLink: 'read',
};

/** The same service, closed to credentials that were not made for what is called. */
export function withinScope<C>(rpc: RpcService<C>): RpcService<C> {
  return { ...rpc, permit: (method, caller) => requireScope(caller as Caller, SCOPE_OF[method] ?? 'all') };
}
