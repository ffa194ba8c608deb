import { SERVICES, State, Vote, type ApprovalGroup, type GroupedApproval } from '@countersign/contract';
import { EXIT, UsageError } from './exit.js';
import { toProblem } from './fault.js';
import { renderGroup } from './group-text.js';
import { say } from './terminal.js';
import type { World } from './verb.js';

// Several votes at once. What is voted on is what was shown, and nothing that joined it later: each vote is one call of its
// own, for one request, with the digest that was in the list.

export type Chosen = { group: string } | { ids: string[] };

interface VoteFor {
  vote: Vote;
  reason: string;
  yes: boolean;
}

/** Shows what differs between the requests, asks once, and casts one vote for each. Resolves to the exit code. */
export async function castVotes(world: World, chosen: Chosen, vote: VoteFor): Promise<number> {
  const { client, terminal, now } = world;
  const { listApprovalGroups } = SERVICES.ApprovalService.method;
  const listed = await client().unary(listApprovalGroups, 'group' in chosen ? { containing: chosen.group } : {});
  const groups = 'group' in chosen ? listed.groups : only(listed.groups, chosen.ids);
  const approvals = groups.flatMap((group) => group.approvals);
  for (const group of groups) terminal.print(renderGroup(group, now()));
  if (!vote.yes) {
    if (!terminal.interactive) throw new UsageError('without a terminal nobody has seen what differs: add --yes');
    const what = vote.vote === Vote.APPROVE ? 'Approve' : 'Deny';
    if (!(await terminal.confirm(say`${what} these ${approvals.length}, each by a vote of its own?`))) {
      terminal.warn(say`nothing was sent`);
      return EXIT.usage;
    }
  }
  const results: { id: string; state?: string; error?: string }[] = [];
  for (const approval of approvals) results.push(await castOne(world, approval, vote));
  if (terminal.json) terminal.value({ votes: results });
  return results.some(({ error }) => error !== undefined) ? EXIT.denied : EXIT.ok;
}

async function castOne(
  { client, terminal, config }: World,
  { id, actionDigest, headline }: GroupedApproval,
  vote: VoteFor,
) {
  const { castVote } = SERVICES.ApprovalService.method;
  try {
    const after = await client().unary(castVote, {
      id,
      vote: vote.vote,
      reason: vote.reason,
      seenDigest: actionDigest,
      openedDetails: false,
    });
    const state = (State[after.decision?.state ?? State.UNSPECIFIED] ?? 'unknown').toLowerCase();
    terminal.print(say`${id} ${state}: ${headline}`.styled('green'));
    return { id, state };
  } catch (error) {
    // The others are requests of their own: one that was decided meanwhile must not keep them waiting.
    const problem = toProblem(error, config.address);
    if (!problem) throw error;
    terminal.warn(say`${id} not voted on: ${problem.message}`.styled('red'));
    return { id, error: problem.message };
  }
}

/** The groups with nothing in them but these. Throws UsageError for what is not listed: nobody has seen it. */
function only(groups: readonly ApprovalGroup[], ids: readonly string[]): ApprovalGroup[] {
  const known = new Set(groups.flatMap(({ approvals }) => approvals.map(({ id }) => id)));
  const missing = ids.filter((id) => !known.has(id));
  if (missing.length > 0)
    throw new UsageError(`${missing.join(', ')} does not wait for you, or is not shown: approve it by itself`);
  return groups
    .map((group) => ({
      ...group,
      approvals: group.approvals.filter(({ id }) => ids.includes(id)),
      approvalsLeftOut: 0,
    }))
    .filter(({ approvals }) => approvals.length > 0);
}
