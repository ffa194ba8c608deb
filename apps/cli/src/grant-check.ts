import {
  actionRefusal,
  holderOf,
  isRefused,
  readGrant,
  readKeys,
  strayRefusal,
  type Action,
  type Expected,
  type GrantClaims,
  type GrantRefusal,
  type Holder,
  type Jwks,
} from '@countersign/grant';

// A grant checked with nothing but public keys. What this can say: who signed it, for what, where and in whose hand, until
// when. What it cannot: that the grant is unused and not revoked, that the approvers still count, that policy still agrees.
// Only redeeming says. What is not given is not checked, and is told as not proven.

export interface Wanted extends Partial<Pick<Expected, 'issuer' | 'audience' | 'proof'>> {
  action?: Action;
  binding: readonly string[];
  now: Date;
}

export type GrantCheck =
  | { valid: true; kid: string; claims: GrantClaims; holder?: Holder; not_proven: string[] }
  | { valid: false; code: GrantRefusal['code']; because: string; claims?: GrantClaims; not_proven: string[] };

/** Everything that can be said of a grant offline. Only what is wanted is compared. */
export function checkGrant(grant: string, jwks: Jwks, wanted: Wanted): GrantCheck {
  const authentic = readGrant(grant, readKeys(jwks));
  if (isRefused(authentic)) return no(authentic.refused);
  const { kid, claims } = authentic;
  const { action, binding, proof } = wanted;
  const stray = strayRefusal(authentic, wanted) ?? (action && actionRefusal(claims, action, binding));
  if (stray) return no(stray.refused, claims);
  const holder = proof === undefined ? undefined : holderOf(grant, claims, wanted);
  if (holder && isRefused(holder)) return no(holder.refused, claims);
  return { valid: true, kid, claims, ...(holder ? { holder } : {}), not_proven: unproven(claims, wanted) };
}

function unproven({ aud, cnf }: GrantClaims, { action, audience, issuer, proof }: Wanted): string[] {
  return [
    ...(action ? [] : ['that it is for the action you have in mind (give --action and --resource)']),
    ...(issuer === undefined ? ['that it is of the issuer you trust (give --issuer)'] : []),
    ...(audience === undefined && aud !== undefined
      ? ['that it is for the place you have in mind (give --audience)']
      : []),
    ...(cnf && proof === undefined ? ['that whoever brings it holds its key (give --proof)'] : []),
    'that it is unused',
    'that it is not revoked',
    'that its approvers and policy still agree',
  ];
}

function no({ code, text }: GrantRefusal, claims?: GrantClaims): GrantCheck {
  return { valid: false, code, because: text, ...(claims ? { claims } : {}), not_proven: [] };
}
