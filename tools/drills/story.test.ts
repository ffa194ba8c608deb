import { createHash } from 'node:crypto';
import { decide, evolve, type Command, type Decision, type DecisionEvent } from '@countersign/approval';
import { describe, expect, it } from 'vitest';
import { AGENT, holding, later, redeeming, REQUEST, T0, terms, verdict } from '../../libs/approval/test/office.js';
import { PEOPLE } from './people.mjs';
import { chainProblems, problemsOf, type Reply } from './story.mjs';

// A drill that finds nothing is worth something only if it would have found what it looks for.

const people = PEOPLE.map(({ id, groups }) => ({ id, name: id, groups }));
const [P0, P1, P40] = [people[0]!, people[1]!, people[40]!];
const seats = [
  { group: 'dba', count: 1 },
  { group: 'finance', count: 1 },
];
const votes = (voter: (typeof people)[number]): Command => {
  return { type: 'vote', voter, vote: 'approve', channel: 'api', grant_id: 'grt_1' };
};

/** Two approve, a third comes too late, and of two redeems one is refused. */
function story() {
  const first = holding({
    request: { ...REQUEST, principal: undefined },
    agent: { ...AGENT, owner: 'owner@acme.example' },
    verdict: verdict({ approval: terms({ seats }) }),
    members: people,
  });
  const events: { type: string; at: string; decision_id: string; version: number; data: Record<string, unknown> }[] =
    [];
  let decision: Decision | undefined;
  const record = (event: DecisionEvent, at: string) => {
    const { type, ...data } = JSON.parse(JSON.stringify(event)) as DecisionEvent;
    events.push({ type, at, decision_id: 'dec_1', version: events.length + 1, data });
    decision = evolve(decision, events.at(-1)!);
  };
  record(first, T0);
  const redeem = redeeming({ approvers: people });
  for (const command of [votes(P0), votes(P40), votes(P1), redeem, redeem])
    decide(decision!, command, later(1)).events.forEach((event) => record(event, later(1)));
  const reply = (what: string, by: string, ok: boolean): Reply => ({ what, by, ok, reason: '' });
  const replies = [
    ...[reply('approve', P0.id, true), reply('approve', P40.id, true), reply('approve', P1.id, false)],
    ...[reply('redeem', AGENT.id, true), reply('redeem', AGENT.id, false)],
  ];
  const state = JSON.parse(JSON.stringify(decision)) as Decision;
  return { events, state: state as object, states: ['REDEEMED', 'REDEEMED'], replies, ends: ['REDEEMED'] };
}
type Story = ReturnType<typeof story>;

const at = (given: Story, type: string) => given.events.findIndex((event) => event.type === type);

describe('the check of a story', () => {
  it('finds nothing wrong with one that went as it should', () => {
    expect(problemsOf(story())).toEqual([]);
  });

  it.each<[string, (given: Story) => unknown, string]>([
    [
      'a second outcome',
      (given) => given.events.push({ ...given.events[at(given, 'decision.approved')]!, version: 8 }),
      '2 outcomes of asking',
    ],
    [
      'a second use of a grant for one',
      (given) => given.events.push({ ...given.events[at(given, 'grant.redeemed')]!, version: 8 }),
      '2 uses',
    ],
    ['an event that is missing', (given) => given.events.splice(1, 1), 'versions have gaps'],
    ['a state that says something else', (given) => Object.assign(given.state, { used: 2 }), 'do not add up'],
    [
      'a process that tells another state',
      (given) => given.states.push('ALLOWED'),
      'told as REDEEMED,REDEEMED,ALLOWED',
    ],
    ['an end that cannot be', (given) => Object.assign(given, { ends: ['DENIED'] }), 'it ended REDEEMED'],
    [
      'one person in two seats',
      (given) => {
        const approvers = given.events[at(given, 'decision.approved')]!.data['approvers'] as { id: string }[];
        approvers[1]!.id = approvers[0]!.id;
      },
      'somebody approved twice',
    ],
    [
      'an approver who did not approve',
      (given) => Object.assign(given.events[1]!.data, { vote: 'deny' }),
      'an approver has not approved',
    ],
    ['two who were told that they used it', (given) => (given.replies[4]!.ok = true), '2 were told that they used it'],
    [
      'a vote that was told and not recorded',
      (given) => (given.replies[2]!.ok = true),
      'votes told and votes recorded',
    ],
    [
      'a refusal without a trace',
      (given) => given.replies.push({ ...given.replies[2]! }),
      'refusals are not on record',
    ],
  ])('finds %s', (_, spoil, problem) => {
    const given = story();
    spoil(given);
    expect(problemsOf(given).join('; ')).toContain(problem);
  });

  it('finds a gap in a chain, and an event that follows another than it says', () => {
    const chain = (changes: object[] = []) => {
      let prev = '';
      return [1, 2, 3].map((seq, i) => {
        const body = Buffer.from(JSON.stringify({ source: 'intake-1', seq, prev, ...changes[i] }));
        prev = createHash('sha256').update(body).digest('base64url');
        return { body };
      });
    };
    expect(chainProblems(chain())).toEqual({ sources: 1, problems: [] });
    expect(chainProblems([chain()[0]!, chain()[2]!]).problems).toHaveLength(2);
    expect(chainProblems(chain([{}, { prev: 'another' }])).problems).toEqual([
      'intake-1 2 does not follow the event before it',
    ]);
  });
});
