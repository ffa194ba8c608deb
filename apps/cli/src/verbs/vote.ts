import { ApprovalViewSchema, SERVICES, State, Vote } from '@countersign/contract';
import { renderCardText } from '../card-text.js';
import { parseDuration, toProtoDuration } from '../duration.js';
import { EXIT, UsageError } from '../exit.js';
import { asJson } from '../json.js';
import { parseWhole } from '../number.js';
import { castVotes, type Chosen } from '../votes.js';
import { say } from '../terminal.js';
import { verb, type World } from '../verb.js';

const MOST_AT_ONCE = 50;
const GROUP = {
  group: { type: 'string', value: '<id>', help: 'all requests like this one that wait for you' },
} as const;
const YES = { yes: { type: 'boolean', help: 'do not ask; without a terminal nobody is asked anyway' } } as const;

export const approve = verb({
  name: 'approve',
  summary: 'let one exact action run once',
  about:
    'Shows the card, asks, and votes. The vote names the digest of what was shown, so it does not count if the request has changed by then. With several ids, or --group, the differences are shown side by side, and each request gets a vote of its own.',
  usage: '<id> … | --group <id>',
  takes: { min: 0, max: MOST_AT_ONCE },
  options: {
    ...GROUP,
    reason: { type: 'string', value: '<text>', help: 'why; required where the approval says so' },
    session: {
      type: 'boolean',
      help: 'also approve more actions like it in the same session, as far as policy allows',
    },
    count: { type: 'string', value: '<n>', help: 'with --session: how many more at most' },
    within: { type: 'string', value: '<time>', help: 'with --session: for how long at most, such as 30m' },
    ...YES,
  },
  examples: [
    'countersign approve dec_01JD8Q1V8Y6M3T9W2K5N7P4R0C --reason "change window confirmed"',
    'countersign approve dec_01JD8Q1V8Y6M3T9W2K5N7P4R0C --session --count 5 --within 30m',
    'countersign approve --group dec_01JD8Q1V8Y6M3T9W2K5N7P4R0C',
  ],
  exits: [0, 1, 2, 3],
  run({ values, positionals, ...world }) {
    const vote = { vote: Vote.APPROVE, reason: values.reason ?? '', yes: values.yes ?? false };
    const chosen = chosenOf(positionals, values.group);
    const session = sessionOf(values);
    if ('id' in chosen) return castVote(world, { id: chosen.id, ...vote, ...session });
    if (session.session) throw new UsageError('--session goes with one request: approve the others without it');
    return castVotes(world, chosen, vote);
  },
});

export const deny = verb({
  name: 'deny',
  summary: 'refuse an action, with a reason for the agent',
  about:
    'Shows the card, asks, and votes. The reason goes back to the agent, so write what it should do instead. With several ids, or --group, each request gets a vote of its own.',
  usage: '<id> … | --group <id> --reason <text>',
  takes: { min: 0, max: MOST_AT_ONCE },
  options: { ...GROUP, reason: { type: 'string', value: '<text>', help: 'why; required' }, ...YES },
  examples: ['countersign deny dec_01JD8Q1V8Y6M3T9W2K5N7P4R0C --reason "not before the backup at 22:00"'],
  exits: [0, 1, 2, 3],
  run({ values, positionals, ...world }) {
    const chosen = chosenOf(positionals, values.group);
    if (!values.reason?.trim()) throw new UsageError('a denial needs a reason the agent can act on: add --reason "…"');
    const vote = { vote: Vote.DENY, reason: values.reason, yes: values.yes ?? false };
    return 'id' in chosen ? castVote(world, { id: chosen.id, ...vote }) : castVotes(world, chosen, vote);
  },
});

/** One request, or several. Throws UsageError when none is named. */
function chosenOf(ids: string[], group: string | undefined): { id: string } | Chosen {
  if (group !== undefined && ids.length > 0) throw new UsageError('name requests, or one with --group, not both');
  if (group !== undefined) return { group };
  if (ids.length === 0) throw new UsageError('name a request: countersign approvals lists them');
  return ids.length === 1 ? { id: ids[0]! } : { ids: [...new Set(ids)] };
}

interface SessionChoice {
  count?: number;
  expiresIn?: ReturnType<typeof toProtoDuration>;
}

/** Throws UsageError for what is no number or time, and for bounds of what is not given. */
function sessionOf({ session, count, within }: { session?: boolean; count?: string; within?: string }): {
  session?: SessionChoice;
} {
  if (!session) {
    if (count !== undefined || within !== undefined) throw new UsageError('--count and --within go with --session');
    return {};
  }
  return {
    session: {
      ...(count === undefined ? {} : { count: parseWhole(count, '--count', 9_999) }),
      ...(within === undefined ? {} : { expiresIn: toProtoDuration(parseDuration(within, '--within')) }),
    },
  };
}

async function castVote(
  { client, terminal, now }: World,
  vote: { id: string; vote: Vote; reason: string; yes: boolean; session?: SessionChoice },
): Promise<number> {
  const { getApproval, castVote: cast } = SERVICES.ApprovalService.method;
  const shown = await client().unary(getApproval, { id: vote.id });
  if (!terminal.json) terminal.print(renderCardText(shown, now()));
  if (terminal.interactive && !vote.yes) {
    const question =
      vote.vote === Vote.APPROVE
        ? vote.session
          ? say`Approve this exact call, and more like it in this session?`
          : say`Approve this exact call, once?`
        : say`Deny it?`;
    if (!(await terminal.confirm(question))) {
      terminal.warn(say`nothing was sent`);
      return EXIT.usage;
    }
  }
  const after = await client().unary(cast, {
    id: vote.id,
    vote: vote.vote,
    reason: vote.reason,
    ...(vote.session ? { session: vote.session } : {}),
    // What this program showed, not what the service holds by now: the two must be the same for the vote to count.
    seenDigest: shown.decision?.actionDigest ?? '',
    cardDigest: shown.card?.digest ?? '',
  });
  if (terminal.json) terminal.value(asJson(ApprovalViewSchema, after));
  else
    terminal.print(
      say`\n${outcome(after.decision?.state, vote.vote)} ${after.card?.outcome || after.card?.progress || ''}`,
    );
  return EXIT.ok;
}

function outcome(state: State | undefined, vote: Vote) {
  if (vote === Vote.DENY) return say`Denied.`.styled('red');
  return state === State.PENDING
    ? say`Your vote counts; others are still asked.`.styled('yellow')
    : say`Approved.`.styled('green');
}
