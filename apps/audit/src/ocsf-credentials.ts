import type { Envelope, CredentialFact, CredentialFactType } from '@countersign/contract';
import { base, severity, status, user } from './ocsf-parts.js';
import type { Activity, OcsfEvent, Position } from './ocsf-parts.js';

// Signing in and out as Authentication (3002); tokens and chat accounts as Entity Management (3004) of what is made or taken
// away.

const CREATE = { id: 1, name: 'Create' };
const DELETE = { id: 4, name: 'Delete' };
const LOGON = { id: 1, name: 'Logon' };
const LOGOFF = { id: 2, name: 'Logoff' };

const TYPES = Object.keys({
  'token.issued': true,
  'token.revoked': true,
  'person.signed_in': true,
  'person.signed_out': true,
  'account.linked': true,
  'account.unlinked': true,
} satisfies Record<CredentialFactType, true>);

export function isCredentialFact(type: string): boolean {
  return TYPES.includes(type);
}

/** The OCSF events for a fact about credentials. Throws a TypeError when members are missing. */
export function credentialToOcsf(event: Envelope, at: Position): OcsfEvent[] {
  const fact = { type: event.type, ...event.data } as CredentialFact;
  const managed = (activity: Activity, by: [string, string], type: string, name: string, data: OcsfEvent) => [
    {
      ...base(event, at, 3004, activity, ['security_control']),
      ...severity(2),
      ...status(1, `${type.toLowerCase()} ${activity === CREATE ? 'made' : 'taken back'}: ${name}`),
      actor: { user: user(...by) },
      entity: { uid: event.decision_id, type_id: 99, type, name, data },
    },
  ];
  const authentication = (activity: Activity, by: [string, string], whose: OcsfEvent, more: OcsfEvent) => [
    {
      ...base(event, at, 3002, activity, ['security_control']),
      ...severity(1),
      ...status(1),
      actor: { user: user(...by) },
      user: whose,
      session: { uid: event.decision_id },
      ...more,
    },
  ];
  switch (fact.type) {
    case 'token.issued': {
      const { person, agent, scopes, expires_at } = fact;
      return managed(CREATE, [fact.by, fact.by_name], 'Token', fact.name, { person, agent, scopes, expires_at });
    }
    case 'token.revoked':
      return managed(DELETE, [fact.by, fact.by_name], 'Token', fact.name, { person: fact.person, agent: fact.agent });
    case 'person.signed_in': {
      const { person, person_name, issuer, acr, amr, auth_time, step_up } = fact;
      return authentication(LOGON, [person, person_name], user(person, person_name), {
        auth_protocol_id: 4,
        auth_protocol: 'OpenID',
        message: `signed in with ${issuer}`,
        enrichments: [{ name: 'sign_in', value: issuer, data: { acr, amr, auth_time, step_up } }],
      });
    }
    case 'person.signed_out':
      return authentication(LOGOFF, [fact.by, fact.by_name], user(fact.person, fact.person), {});
    case 'account.linked': {
      const { channel, account, person, person_name, account_name, workspace } = fact;
      const data = { channel, account, person, account_name, workspace };
      return managed(CREATE, [person, person_name], 'Link', `${channel}:${account}`, data);
    }
    case 'account.unlinked': {
      const { channel, account, person } = fact;
      const data = { channel, account, person };
      return managed(DELETE, [fact.by, fact.by_name], 'Link', `${channel}:${account}`, data);
    }
  }
}
