import {
  decide,
  evolve,
  hold,
  type BreakGlass,
  type Command,
  type Decision,
  type DecisionEvent,
  type Person,
  type Stop,
  type Verdict,
} from '@countersign/approval';
import { canonicalize, digestOf } from '@countersign/ledger';
import type {
  AgentFact,
  Envelope,
  GateFact,
  CredentialFact,
  PeopleFact,
  PolicyFact,
  RecordedChanges,
  RecordedType,
  SeatFact,
} from '../src/index.js';

// One event of every type, as the rules produce them and as a source writes them: numbered, chained, canonical.

const T0 = Date.parse('2026-11-20T14:00:00.000Z');
const at = (second: number) => new Date(T0 + second * 1000).toISOString();
const digits = (n: number) =>
  `${'0123456789abcdefghjkmnpqrstvwxyz'[n >> 5]}${'0123456789abcdefghjkmnpqrstvwxyz'[n & 31]}`.padStart(26, '0');
const DIGEST = digestOf('the action');
const GRANT = `grt_${digits(1)}`;
const DANA: Person = { id: 'dana@acme.example', name: 'Dana Ito', groups: ['dba', 'oncall'] };
const ANA: Person = { id: 'ana@acme.example', name: 'Ana Roy', groups: ['security'] };
const SAM: Person = { id: 'sam@acme.example', name: 'Sam Roe', groups: ['dba'] };

const answered = {
  request: {
    subject: { type: 'agent', id: 'release-bot', properties: { act: { sub: 'pipeline-7' } } },
    principal: 'lee@acme.example',
    action: { name: 'db.delete', properties: { rows: 12480, table: 'orders' } },
    resource: { type: 'database', id: 'prod.orders', properties: { region: 'eu' } },
    context: { session_id: 'run-77', ticket: 'OPS-311' },
    justification: 'cleaning up duplicates after the migration',
    submitted_by: 'edge-gateway',
    request_id: 'req-1',
  },
  agent: { owner: 'sam@acme.example', owner_name: 'Sam Roe', groups: ['ci'] },
  action_digest: DIGEST,
  reasons: [{ rule: 'bulk-delete', text: 'deletes more than 100 rows' }],
  risk: { level: 'high' as const, score: 70, factors: ['bulk-delete'] },
  policy: { revision: 'sha256:5f2a' },
};
const obligations = [{ id: 'log-query', properties: { level: 'full' } }, { id: 'notify' }];
const verdict: Verdict = {
  effect: 'require_approval',
  reasons: answered.reasons,
  risk: answered.risk,
  policy: answered.policy,
  obligations,
  approval: {
    seats: [{ group: 'dba', count: 1 }],
    expires_in_s: 900,
    reason_required: true,
    channels: ['slack'],
    redact: ['/arguments/table'],
    exclude: ['contractors'],
    step_up: false,
  },
  grant: { expires_in_s: 600, uses: 1 },
};

const vote: Command = {
  type: 'vote',
  voter: DANA,
  vote: 'approve',
  reason: 'change window confirmed',
  channel: 'slack',
  submitted_by: 'notifier',
  seen_digest: DIGEST,
  card_digest: digestOf('the card'),
  grant_id: GRANT,
};
const redeem: Command = {
  type: 'redeem',
  by: 'release-bot',
  grant_id: GRANT,
  action_digest: DIGEST,
  approvers: [DANA],
  verdict: { ...verdict, effect: 'allow', approval: undefined },
};

const STOP: Stop = {
  id: `stp_${digits(1)}`,
  scope: { agent: 'release-bot' },
  by: 'ana@acme.example',
  by_name: 'Ana Roy',
  reason: 'its key was found in a public log',
  at: at(20),
};

const BREAK_GLASS: BreakGlass = {
  type: 'break_glass',
  by: DANA,
  reason: 'checkout is down',
  ticket: 'INC-4711',
  grant_id: GRANT,
  overdue: false,
  reviewers: [ANA],
  destinations: [{ channel: 'slack', address: 'C0SEC', group: 'security' }],
  verdict: {
    ...verdict,
    break_glass: {
      guarded: false,
      rules: [
        {
          ...{ rule: 'db-incident', text: 'on call, in an incident', groups: ['oncall'], duration_s: 900, uses: 1 },
          ...{ notify: ['security'], overrides: ['deny'], while_overdue: false },
          review: { groups: ['security'], within_s: 86_400 },
        },
      ],
    },
  },
};

/** A first event and what people and agents then do, each a minute later unless it says when. */
type Play = [first: DecisionEvent, ...then: (Command | [Command, second: number, stop?: Stop])[]];

const held = () =>
  hold(
    {
      ...answered,
      agent: { id: 'release-bot', ...answered.agent },
      verdict,
      members: [DANA, SAM],
      destinations: [{ channel: 'slack', address: 'C0DBA', group: 'dba' }],
    },
    at(0),
  );

/** One that asks others when nobody answers, and takes two to decide either way. */
const climbing = () => {
  const approval = {
    ...verdict.approval!,
    seats: [{ group: 'dba', count: 2 }],
    alternatives: [[{ group: 'oncall', count: 2 }]],
    deny_quorum: 2,
    escalate: [{ after_s: 300, seats: [{ group: 'security', count: 1 }] }],
  };
  const members = [DANA, SAM, { ...DANA, id: 'ben@acme.example', name: 'Ben Okafor' }];
  return hold(
    {
      ...answered,
      agent: { id: 'release-bot', ...answered.agent },
      verdict: { ...verdict, approval },
      members,
      destinations: [],
    },
    at(0),
  );
};

/** One whose approval does for two more like it, in the same session. */
const inSession: Verdict = {
  ...verdict,
  approval: {
    ...verdict.approval!,
    session: {
      expires_in_s: 900,
      count: 2,
      vary: ['/action/properties/rows'],
      limits: [{ pointer: '/action/properties/rows', total: 20_000 }],
    },
  },
};
const several = () =>
  hold(
    {
      ...answered,
      agent: { id: 'release-bot', ...answered.agent },
      verdict: inSession,
      members: [DANA, SAM],
      destinations: [],
    },
    at(0),
  );
const drawing: Command = {
  type: 'draw',
  request: answered.request,
  decision_id: `dec_${digits(31)}`,
  action_digest: DIGEST,
  agent: { id: 'release-bot', ...answered.agent },
  verdict: inSession,
  binding: [],
  approvers: [DANA],
};

const PLAYS: Play[] = [
  [
    { type: 'decision.allowed', ...answered, obligations, grant: { id: GRANT, expires_at: at(600), uses: 1 } },
    [{ type: 'expire' }, 600],
  ],
  [{ type: 'decision.denied', ...answered }],
  [
    held(),
    { type: 'repeat', request_id: 'req-2', submitted_by: 'edge-gateway' },
    { ...vote, voter: SAM },
    vote,
    { ...redeem, action_digest: digestOf('another action') },
    redeem,
    { type: 'report', by: 'release-bot', success: true, summary: '12,480 rows', details: { rows: 12480 } },
  ],
  [held(), { ...vote, vote: 'deny', reason: 'wrong table' }],
  [
    climbing(),
    [
      { type: 'escalate', members: [ANA], destinations: [{ channel: 'slack', address: 'C0SEC', group: 'security' }] },
      300,
    ],
    [{ type: 'remind' }, 450],
    [{ ...vote, voter: DANA }, 460],
    [{ type: 'retract', voter: DANA, channel: 'slack', submitted_by: 'notifier' }, 470],
  ],
  [held(), [{ type: 'expire' }, 900]],
  [held(), { type: 'withdraw', by: 'release-bot', reason: 'no longer needed' }],
  [held(), vote, { type: 'revoke', by: DANA, reason: 'incident OPS-312' }],
  [held(), [{ type: 'stop' }, 30, STOP]],
  [
    several(),
    { ...vote, session: { count: 2 } },
    {
      ...drawing,
      request: { ...answered.request, action: { name: 'db.delete', properties: { rows: 100, table: 'orders' } } },
    },
    { type: 'revoke', by: DANA, reason: 'incident OPS-312' },
  ],
  [several(), { ...vote, session: { count: 2 } }, [{ type: 'expire' }, 2_000]],
  [
    held(),
    [{ ...BREAK_GLASS, by: SAM }, 30],
    [BREAK_GLASS, 60],
    [{ type: 'overdue_review' }, 86_460],
    [{ type: 'close_review', by: ANA, finding: 'justified', comment: 'the index was corrupt' }, 90_000],
  ],
];

const revision = (digit: string) => `sha256:${digit.repeat(64)}`;
const changes: RecordedChanges = {
  from: revision('a'),
  summary: '1 rule added, 1 removed in policies.db; data changed',
  packages: [
    {
      package: 'policies.db',
      change: 'changed',
      rules: [
        { rule: 'deny[drop-table]', change: 'removed' },
        { rule: 'require_approval[drop-table]', change: 'added' },
      ],
    },
  ],
  data_changed: true,
  code_changed: true,
};
const archive_digest = digestOf('the archive');

/** Facts about the gate itself, each a stream of its own. */
const FACTS: (PolicyFact | AgentFact)[] = [
  {
    type: 'policy.uploaded',
    revision: revision('b'),
    author: 'sam@acme.example',
    author_name: 'Sam Roe',
    note: 'ask a dba before a table is dropped',
    size: 148_201,
    areas: ['db', 'everywhere'],
    archive_digest,
    changes,
  },
  {
    type: 'policy.activated',
    revision: revision('b'),
    previous: revision('a'),
    by: 'lee@acme.example',
    by_name: 'Lee Park',
    author: 'sam@acme.example',
    rollback: false,
    reason: 'reviewed with the dbas',
    decision_id: `dec_${digits(3)}`,
    archive_digest,
    changes,
  },
  {
    type: 'policy.serving',
    revision: revision('b'),
    previous: revision('a'),
    source: 'database',
    location: 'the database',
  },
  {
    type: 'policy.load_failed',
    location: 'https://bundles.acme.example/policy.tar.gz',
    revision: revision('c'),
    code: 'policy-bundle',
    message: 'it calls http.send: not available here, remove it',
  },
  {
    type: 'agent.flooding',
    agent: 'release-bot',
    owner: 'sam@acme.example',
    owner_name: 'Sam Roe',
    asks: 60,
    window_s: 3600,
    denied_since: at(0),
    accounts: [{ channel: 'slack', account: 'T0ACME/U0SAM' }],
  },
];

/** Stops and seats handed over, and their ends, each a stream. */
const STOPS: (GateFact | SeatFact)[][] = [
  [
    {
      type: 'gate.stopped',
      scope: { agent: 'release-bot' },
      by: 'ana@acme.example',
      by_name: 'Ana Roy',
      reason: 'its key was found in a public log',
      until: at(86_400),
      security: true,
    },
    {
      type: 'gate.resumed',
      scope: { agent: 'release-bot' },
      by: 'ben@acme.example',
      by_name: 'Ben Okafor',
      reason: 'it has a new key',
    },
  ],
  [
    {
      type: 'seat.delegated',
      by: 'ana@acme.example',
      by_name: 'Ana Roy',
      to: 'ben@acme.example',
      to_name: 'Ben Okafor',
      group: 'security',
      starts_at: at(3_600),
      until: at(86_400),
      reason: 'on holiday',
    },
    {
      type: 'seat.delegation_ended',
      by: 'ana@acme.example',
      to: 'ben@acme.example',
      group: 'security',
      ended_by: 'ana@acme.example',
    },
  ],
];

/** Facts about people, as an identity provider told them. */
const PEOPLE: PeopleFact[] = [
  {
    type: 'person.provisioned',
    person: 'kim@acme.example',
    name: 'Kim Ode',
    active: true,
    guest: false,
    attributes: ['active', 'displayName', 'userName'],
    by: 'scim',
  },
  {
    type: 'person.changed',
    person: 'kim.ode@acme.example',
    previous: 'kim@acme.example',
    name: 'Kim Ode',
    active: false,
    guest: false,
    attributes: ['active', 'userName'],
    by: 'scim',
  },
  { type: 'person.removed', person: 'kim.ode@acme.example', name: 'Kim Ode', by: 'scim' },
  { type: 'group.changed', group: 'dba', change: 'changed', added: ['kim@acme.example'], removed: [], by: 'scim' },
];

const dana = { person: 'dana@acme.example' };
const byDana = { by: 'dana@acme.example', by_name: 'Dana Ito' };
const account = { channel: 'slack', account: 'T0ACME/U0DANA' };

/** Of a token, a sign-in and a link, each a stream. */
const CREDENTIALS: CredentialFact[][] = [
  [
    { type: 'token.issued', ...dana, name: 'laptop', scopes: ['vote'], expires_at: at(86_400), ...byDana },
    { type: 'token.revoked', ...dana, name: 'laptop', ...byDana },
  ],
  [
    {
      type: 'person.signed_in',
      ...dana,
      person_name: 'Dana Ito',
      issuer: 'https://login.acme.example',
      auth_time: at(0),
      acr: 'phr',
      amr: ['hwk', 'user'],
      expires_at: at(43_200),
      step_up: `dec_${digits(2)}`,
    },
    { type: 'person.signed_out', ...dana, by: 'olu@acme.example', by_name: 'Olu Peters' },
  ],
  [
    { type: 'account.linked', ...dana, person_name: 'Dana Ito', ...account, account_name: 'dana', workspace: 'Acme' },
    { type: 'account.unlinked', ...dana, ...account, ...byDana },
  ],
];

/** Every event of the plays, in the order in which one source would write them. */
export function story(): { envelope: Envelope; bytes: string }[] {
  const told: { envelope: Envelope; bytes: string }[] = [];
  const source = 'intake-1.2026-11-20T13:59:00Z';
  let prev = '';
  const tell = (
    decision: Decision | undefined,
    decision_id: string,
    { type, ...data }: DecisionEvent | PolicyFact | GateFact | SeatFact | PeopleFact | AgentFact | CredentialFact,
    second: number,
    version = (decision?.version ?? 0) + 1,
  ) => {
    const envelope: Envelope = {
      v: 1,
      id: `evt_${digits(told.length + 1)}`,
      type,
      at: at(second),
      decision_id,
      version,
      source,
      seq: told.length + 1,
      prev,
      trace_id: '4bf92f3577b34da6a3ce929d0e0e4736',
      data,
    };
    const bytes = canonicalize(envelope);
    prev = digestOf(bytes);
    told.push({ envelope, bytes });
    return evolve(decision, JSON.parse(bytes) as Envelope);
  };
  PLAYS.forEach(([first, ...then], play) => {
    const id = `dec_${digits(play + 1)}`;
    let decision = tell(undefined, id, first, 0)!;
    then.forEach((step, i) => {
      const [command, second, stop] = Array.isArray(step) ? step : [step, 60 * (i + 1)];
      for (const event of decide(decision, command, at(second), stop).events)
        decision = tell(decision, id, event, second)!;
    });
  });
  FACTS.forEach((fact, i) =>
    tell(undefined, `${fact.type.startsWith('agent.') ? 'agt' : 'pol'}_${digits(i + 1)}`, fact, 0),
  );
  STOPS.forEach((facts, i) =>
    facts.forEach((fact, n) =>
      tell(undefined, `${fact.type.startsWith('seat.') ? 'dlg' : 'stp'}_${digits(i + 1)}`, fact, 60 * n, n + 1),
    ),
  );
  PEOPLE.forEach((fact, i) => tell(undefined, `ppl_${digits(i + 1)}`, fact, 0));
  CREDENTIALS.forEach((facts, i) =>
    facts.forEach((fact, n) => tell(undefined, `ppl_${digits(i + 50)}`, fact, 60 * n, n + 1)),
  );
  return told;
}

/** The first event of each type. */
export function oneOfEach(): Map<RecordedType, { envelope: Envelope; bytes: string }> {
  const found = new Map<RecordedType, { envelope: Envelope; bytes: string }>();
  for (const one of story()) {
    const type = one.envelope.type as RecordedType;
    if (!found.has(type)) found.set(type, one);
  }
  return found;
}
