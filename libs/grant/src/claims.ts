// What a grant says, in the names of RFC 7519 (JWT), RFC 8693 (act), RFC 9396 (authorization_details), RFC 7800 (cnf) and
// the Transaction Tokens draft (txn).

export interface GrantClaims {
  /** Who issued it: Countersign's public URL. */
  iss: string;
  /** The one place where it may be used; absent when whoever asked named none. */
  aud?: string;
  /** On whose behalf: the principal, or the agent when it acts for nobody. */
  sub: string;
  /** The agent. */
  act: { sub: string };
  /** The decision. */
  txn: string;
  /** The grant. */
  jti: string;
  /** Seconds since 1970, as nbf and exp. */
  iat: number;
  nbf: number;
  exp: number;
  /** How often it works, from 1. */
  max_uses: number;
  /** Content address of the policy that allowed it. */
  pol: string;
  /** Exactly one. */
  authorization_details: [GrantedAction];
  /** Who approved it, and when; empty when policy allowed it. */
  approvals: { by: string; at: string }[];
  /** Present when a person let it run alone: who, when, by which rule of policy, and what of policy that beat. */
  break_glass?: { by: string; at: string; rule: string; overrode?: 'deny' };
  /** Present when it was approved together with another action: that decision, which use of its leave, and who gave it. */
  session?: { txn: string; use: number; approved_by: string[] };
  /** The key whose holder alone may use it: RFC 7638 thumbprint. */
  cnf?: { jkt: string };
}

export interface GrantedAction {
  type: 'countersign_action';
  action: string;
  resource: string;
  /** base64url SHA-256 of the canonical {action, context, resource, subject}. */
  action_hash: string;
}

/**
 * The claims, or what is wrong with them. What is there must be understood: a second permission, a list of audiences or
 * another way of confirmation would mean something, and it must not mean "anything goes".
 */
export function readClaims(payload: Record<string, unknown>): GrantClaims | { problem: string } {
  const problem = problemOf(payload);
  return problem === undefined ? (payload as unknown as GrantClaims) : { problem };
}

function problemOf(claims: Record<string, unknown>): string | undefined {
  for (const name of ['iss', 'sub', 'txn', 'jti', 'pol'])
    if (!isText(claims[name])) return `its "${name}" is missing or not a text`;
  if (claims['aud'] !== undefined && !isText(claims['aud'])) return 'its "aud" is not one text';
  if (!isText(memberOf(claims['act'], 'sub'))) return 'its "act" names no agent';
  for (const name of ['iat', 'nbf', 'exp']) {
    if (!Number.isSafeInteger(claims[name])) return `its "${name}" is missing or not whole seconds`;
  }
  const uses = claims['max_uses'];
  if (!Number.isSafeInteger(uses) || (uses as number) < 1) return 'its "max_uses" is not a number from 1';
  const details = claims['authorization_details'];
  const granted: unknown = Array.isArray(details) && details.length === 1 ? details[0] : undefined;
  if (memberOf(granted, 'type') !== 'countersign_action') return 'it does not permit exactly one action';
  for (const name of ['action', 'resource', 'action_hash'])
    if (!isText(memberOf(granted, name))) return `its action has no "${name}"`;
  if (!Array.isArray(claims['approvals'])) return 'its "approvals" are missing';
  const { cnf, break_glass, session } = claims;
  if (break_glass !== undefined && !['by', 'at', 'rule'].every((name) => isText(memberOf(break_glass, name))))
    return 'its "break_glass" does not say who did it, when and by what rule';
  const overrode = memberOf(break_glass, 'overrode');
  if (overrode !== undefined && overrode !== 'deny') return 'its "break_glass" beat something that is not known here';
  if (session !== undefined && !isSession(session)) return 'its "session" does not say whose leave it was given with';
  const understood = isText(memberOf(cnf, 'jkt')) && Object.keys(cnf as object).length === 1;
  return cnf === undefined || understood ? undefined : 'it is bound to its holder in a way that is not known here';
}

function isSession(session: unknown): boolean {
  const [use, by] = [memberOf(session, 'use'), memberOf(session, 'approved_by')];
  const isUse = Number.isSafeInteger(use) && (use as number) >= 1;
  return isText(memberOf(session, 'txn')) && isUse && Array.isArray(by) && by.every(isText);
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
