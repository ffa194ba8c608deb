import {
  decide,
  evolve,
  usesMade,
  type ApprovalTerms,
  type BreakGlassRule,
  type Command,
  type Decision,
  type Person,
  type Stop,
  type Verdict,
} from '../src/index.js';
import { AGENT, DIGEST, fold, holding, later, redeeming, REQUEST, terms, verdict } from './office.js';

// A small office, all that anybody there can try, and the worlds that come of it.

/** Such a grant is meant for one place and bound to one key. */
export const [PLACE, KEY] = ['db.example', 'key of the agent'];
/** Seconds after the request: before half the time, at half the time, at its end, and when every grant is over. */
export const TIMES = [1, 450, 900, 1350];

export interface Office {
  /** The directory, and what becomes of it, step by step. */
  directories: Person[][];
  owner: string;
  terms: Partial<ApprovalTerms>;
  uses?: number;
  bound?: boolean;
  /** The rule that lets people break the glass here. Absent: there is none, and nobody tries. */
  glass?: BreakGlassRule;
}

export interface World {
  decision: Decision;
  /** Which of the directories, and which of the times. */
  directory: number;
  time: number;
}

/** All that may be tried. A command that is new has to be given its place here. */
const COMMANDS: { [T in Command['type']]: (world: World, people: Person[], office: Office) => Command[] } = {
  vote: (_, people, { owner }) =>
    people.flatMap((voter) =>
      (['approve', 'deny'] as const).map((vote) => {
        const more = { channel: 'api', reason: 'because', grant_id: 'grt_1', earlier: people, owner };
        return { type: 'vote' as const, voter, vote, ...more };
      }),
    ),
  retract: (_, people) => people.map((voter) => ({ type: 'retract', voter, channel: 'api' })),
  redeem: ({ decision }, approvers, { owner, glass }) => {
    const proof = { key: KEY, id: `p${usesMade(decision)}` };
    const right = redeeming({ approvers, owner, audience: PLACE, proof });
    const bound = [
      { audience: 'elsewhere' },
      { proof: { ...proof, key: 'key of a thief' } },
      { proof: { ...proof, id: 'p0' } },
    ];
    const strays = decision.request.holder_key ? bound : [];
    const denied = verdict({ effect: 'deny', approval: undefined });
    const by = decision.broke_glass?.by;
    const breaker = approvers.find(({ id }) => id === by);
    const asBroken = policyOnGlass(glass).map((said) => ({ verdict: said, ...(breaker ? { breaker } : {}) }));
    return [{}, { action_digest: 'another' }, { verdict: denied }, ...strays, ...asBroken].map((one) => ({
      ...right,
      ...one,
    }));
  },
  remind: () => [{ type: 'remind' }],
  break_glass: (_, people, { owner, glass }) =>
    people.flatMap((by) => {
      const right = { reason: 'incident', overdue: false, verdict: policyOnGlass(glass)[0]!, grant_id: 'grt_1' };
      const others = [{ reason: ' ' }, { overdue: true }, ...policyOnGlass(glass).map((said) => ({ verdict: said }))];
      const more = { by, reviewers: people, destinations: [], owner };
      return glass ? others.map((one) => ({ type: 'break_glass' as const, ...right, ...one, ...more })) : [];
    }),
  close_review: (_, people, { owner, glass }) =>
    people.flatMap((by) =>
      (glass ? ['seen', ' '] : []).map((comment) => ({
        ...{ type: 'close_review' as const, by, owner, finding: 'justified' as const, comment },
      })),
    ),
  overdue_review: (_, __, { glass }) => (glass ? [{ type: 'overdue_review' }] : []),
  escalate: (_, members, { owner }) => [{ type: 'escalate', members, destinations: [], owner }],
  withdraw: () => [{ type: 'withdraw', by: 'release-bot' }],
  revoke: (_, [by]) => [{ type: 'revoke', by: by!, reason: 'incident' }],
  stop: () => [{ type: 'stop' }],
  // Nobody gives leave here, so that nothing may ever come of it.
  draw: ({ decision }, approvers, { owner }) => [
    {
      type: 'draw',
      ...{ request: decision.request, decision_id: 'dec_2', action_digest: DIGEST, binding: [], approvers },
      agent: { ...AGENT, owner },
      verdict: verdict(),
    },
  ],
  expire: () => [{ type: 'expire' }],
  repeat: () => [{ type: 'repeat' }],
  report: () => [{ type: 'report', by: 'release-bot', success: true }],
};

const STOP: Stop = { id: 'stp_1', scope: { all: true }, by: 'olu', by_name: 'Olu', reason: 'incident', at: later(0) };
export function commandsOf(world: World, office: Office): Command[] {
  const people = office.directories[world.directory]!;
  return Object.values(COMMANDS).flatMap((of) => of(world, people, office));
}

/** All that policy may say where a glass can be broken: to have it approved, to deny it, with a guardrail, to allow it. */
function policyOnGlass(glass: BreakGlassRule | undefined): Verdict[] {
  if (!glass) return [];
  const told = (guarded: boolean) => ({ break_glass: { rules: [glass], guarded } });
  const without = { approval: undefined };
  return [
    verdict({ ...told(false) }),
    verdict({ ...without, effect: 'deny', ...told(false) }),
    verdict({ ...without, effect: 'deny', ...told(true) }),
    verdict({ ...without, effect: 'allow', ...told(false) }),
  ];
}

/** All of a decision that what is still to come may depend on: not how many events there were, and not when. */
export function keyOf({ decision, directory, time }: World): string {
  const { version: _, created_at, updated_at, request, agent, approval, reasons, granted_at, ...rest } = decision;
  if (!created_at || !updated_at || !request || !agent || !reasons || granted_at === '')
    throw new Error('not a decision');
  const { votes, reminded, terms: now, members } = approval!;
  const said = votes.map(({ voter, vote, groups, seat }) => [voter, vote, groups, seat]);
  return JSON.stringify([directory, time, rest, said, reminded, now.escalate?.length, members]);
}

/** Whether nothing but the number of events differs, seen without writing everything out. */
export function isSame(one: Decision, other: Decision): boolean {
  const { version: _, updated_at: __, ...members } = other;
  return Object.entries(members).every(([name, value]) => value === one[name as keyof Decision]);
}

export function begin({ directories, owner, terms: given, uses = 1, bound = false }: Office): Decision {
  return fold([
    holding({
      agent: { ...AGENT, owner },
      request: { ...REQUEST, principal: undefined, ...(bound ? { audience: PLACE, holder_key: KEY } : {}) },
      verdict: verdict({ approval: terms(given), grant: { expires_in_s: 600, uses } }),
      members: directories[0]!,
    }),
  ])!;
}

export function next({ decision, ...rest }: World, command: Command): { after: World; refused: boolean } {
  const at = later(TIMES[rest.time]!);
  const { events, refused } = decide(decision, command, at, command.type === 'stop' ? STOP : undefined);
  let after = decision;
  for (const { type, ...data } of events)
    after = evolve(after, { type, at, decision_id: after.id, version: after.version + 1, data })!;
  return { after: { decision: after, ...rest }, refused: refused !== undefined };
}
