// The JSON twins: which HTTP request is which gRPC method. `{id}` fills the field of that name.

export interface Route {
  method: 'GET' | 'POST';
  /** Path template under the root. */
  path: string;
  /** "DecisionService.Decide". */
  rpc: `${string}.${string}`;
}

export const ROUTES: readonly Route[] = [
  { method: 'POST', path: '/v1/decisions', rpc: 'DecisionService.Decide' },
  { method: 'POST', path: '/v1/decisions:batch', rpc: 'DecisionService.DecideBatch' },
  { method: 'GET', path: '/v1/decisions', rpc: 'DecisionService.ListDecisions' },
  { method: 'GET', path: '/v1/decisions/{id}', rpc: 'DecisionService.GetDecision' },
  { method: 'POST', path: '/v1/decisions/{id}:withdraw', rpc: 'DecisionService.WithdrawDecision' },
  { method: 'POST', path: '/v1/decisions/{id}:revoke', rpc: 'ApprovalService.RevokeDecision' },
  { method: 'POST', path: '/v1/decisions/{id}:report', rpc: 'DecisionService.ReportOutcome' },
  { method: 'POST', path: '/v1/grants:redeem', rpc: 'DecisionService.RedeemGrant' },
  { method: 'GET', path: '/v1/approvals', rpc: 'ApprovalService.ListApprovals' },
  { method: 'GET', path: '/v1/approver-signals', rpc: 'ApprovalService.ListApproverSignals' },
  { method: 'GET', path: '/v1/approval-groups', rpc: 'ApprovalService.ListApprovalGroups' },
  { method: 'GET', path: '/v1/approvals/{id}', rpc: 'ApprovalService.GetApproval' },
  { method: 'GET', path: '/v1/approvals/{id}/beside', rpc: 'ApprovalService.GetBeside' },
  { method: 'POST', path: '/v1/approvals/{id}/votes', rpc: 'ApprovalService.CastVote' },
  { method: 'POST', path: '/v1/decisions:break-glass', rpc: 'ApprovalService.BreakGlass' },
  { method: 'GET', path: '/v1/reviews', rpc: 'ApprovalService.ListReviews' },
  { method: 'POST', path: '/v1/reviews/{id}:close', rpc: 'ApprovalService.CloseReview' },
  { method: 'POST', path: '/v1/delegations', rpc: 'ApprovalService.DelegateSeat' },
  { method: 'GET', path: '/v1/delegations', rpc: 'ApprovalService.ListDelegations' },
  { method: 'POST', path: '/v1/delegations/{id}:end', rpc: 'ApprovalService.EndDelegation' },
  { method: 'POST', path: '/v1/stops', rpc: 'GateService.StopActions' },
  { method: 'GET', path: '/v1/stops', rpc: 'GateService.ListStops' },
  { method: 'POST', path: '/v1/stops/{id}:resume', rpc: 'GateService.ResumeActions' },
  { method: 'POST', path: '/v1/policy:evaluate', rpc: 'PolicyService.Evaluate' },
  { method: 'GET', path: '/v1/bundles', rpc: 'PolicyService.ListBundles' },
  { method: 'GET', path: '/v1/policy/bundles', rpc: 'PolicyService.ListBundles' },
  { method: 'GET', path: '/v1/policy/bundles/{revision}', rpc: 'PolicyService.GetBundle' },
  { method: 'POST', path: '/v1/policy/bundles/{revision}:activate', rpc: 'PolicyService.ActivateBundle' },
  { method: 'POST', path: '/v1/policy:rollback', rpc: 'PolicyService.RollbackBundle' },
  { method: 'POST', path: '/v1/policy/bundles/{revision}:shadow', rpc: 'PolicyService.SetCandidate' },
  { method: 'POST', path: '/v1/policy/shadow:clear', rpc: 'PolicyService.ClearCandidate' },
  { method: 'GET', path: '/v1/policy/shadow', rpc: 'PolicyService.GetShadowReport' },
  { method: 'GET', path: '/v1/people/me', rpc: 'PeopleService.WhoAmI' },
  { method: 'POST', path: '/v1/people:who-is', rpc: 'PeopleService.WhoIs' },
  { method: 'POST', path: '/v1/people/tokens', rpc: 'PeopleService.CreateToken' },
  { method: 'GET', path: '/v1/people/tokens', rpc: 'PeopleService.ListTokens' },
  { method: 'POST', path: '/v1/people/tokens/{id}:revoke', rpc: 'PeopleService.RevokeToken' },
  { method: 'POST', path: '/v1/people/sign-ins:end', rpc: 'PeopleService.EndSignIns' },
  { method: 'POST', path: '/v1/people/links', rpc: 'PeopleService.StartLink' },
  { method: 'GET', path: '/v1/people/links', rpc: 'PeopleService.ListLinks' },
  { method: 'POST', path: '/v1/people/links:present', rpc: 'PeopleService.PresentLinkCode' },
  { method: 'POST', path: '/v1/people/links:remove', rpc: 'PeopleService.RemoveLink' },
  { method: 'GET', path: '/v1/people/links/{id}', rpc: 'PeopleService.GetLink' },
  { method: 'POST', path: '/v1/people/links/{id}:confirm', rpc: 'PeopleService.ConfirmLink' },
  { method: 'GET', path: '/v1/entries', rpc: 'AuditService.ListEntries' },
  { method: 'GET', path: '/v1/entries/{index}', rpc: 'AuditService.GetEntry' },
  { method: 'GET', path: '/v1/entries/{index}/proof', rpc: 'AuditService.GetInclusionProof' },
  { method: 'GET', path: '/v1/consistency', rpc: 'AuditService.GetConsistencyProof' },
  { method: 'GET', path: '/v1/checkpoint', rpc: 'AuditService.GetCheckpoint' },
];

/** `GET /v1/decisions/{id}?wait=30s` waits. */
export const WAITING: Record<string, Route['rpc']> = { 'DecisionService.GetDecision': 'DecisionService.WaitDecision' };

/** The parameters a path fills, or undefined if it is another path. */
export function matchPath(template: string, path: string): Record<string, string> | undefined {
  const names: string[] = [];
  const pattern = template.replace(/\{(\w+)\}/g, (_, name: string) => {
    names.push(name);
    // A content address has a colon of its own.
    return name === 'revision' ? '((?:sha256:)?[^/:]+)' : '([^/:]+)';
  });
  const match = new RegExp(`^${pattern}$`).exec(path);
  if (!match) return undefined;
  try {
    return Object.fromEntries(names.map((name, i) => [name, decodeURIComponent(match[i + 1]!)]));
  } catch {
    return undefined;
  }
}
