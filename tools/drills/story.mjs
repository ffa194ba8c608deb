// Whether what is recorded of a decision is one story, and the one that those who took part were told. Said again here
// from the events alone: nothing of the rules is used but the fold, which has to give the state that is kept.
import { isDeepStrictEqual } from 'node:util';
import { createHash } from 'node:crypto';
import { evolve } from '@countersign/approval';
import { PEOPLE } from './people.mjs';

const CLOSES_ASKING = ['decision.approved', 'decision.rejected', 'decision.expired', 'decision.withdrawn'];
const CLOSES_GRANT = ['decision.revoked', 'grant.expired'];
const GROUPS = new Map(PEOPLE.map(({ id, groups }) => [id, groups]));

/** What is wrong with a decision's story, in words; nothing when it is as it has to be. */
export function problemsOf({ events, state, states, replies, ends }) {
  const problems = [];
  const must = (holds, text) => holds || problems.push(text);
  const count = (...types) => events.filter(({ type }) => types.includes(type)).length;
  const done = (what) => replies.filter((reply) => reply.ok && what.includes(reply.what)).length;
  const refused = (what) => replies.filter((reply) => !reply.ok && what.includes(reply.what)).length;

  must(
    isDeepStrictEqual(
      events.map(({ version }) => version),
      events.map((_, i) => i + 1),
    ),
    'versions have gaps',
  );
  const folded = events.reduce((decision, event) => evolve(decision, event), undefined);
  must(isDeepStrictEqual(JSON.parse(JSON.stringify(folded)), state), 'the events do not add up to the state');
  must(ends.includes(state.status), `it ended ${state.status}`);
  must(
    states.every((one) => one === state.status),
    `it is ${state.status}, and told as ${states.join()}`,
  );

  const outcomes = count(...CLOSES_ASKING);
  must(outcomes === 1, `${outcomes} outcomes of asking`);
  const closed = events.findIndex(({ type }) => CLOSES_ASKING.includes(type));
  const late = events.slice(closed + 1).filter(({ type }) => type === 'vote.cast' || type === 'vote.retracted');
  must(late.length === 0, `${late.length} votes were taken after the outcome`);

  const approved = events.find(({ type }) => type === 'decision.approved');
  const uses = events.filter(({ type }) => type === 'grant.redeemed').map(({ data }) => data.use);
  must(approved || uses.length === 0, 'a grant was used that was never given');
  must(
    isDeepStrictEqual(
      uses,
      uses.map((_, i) => i + 1),
    ),
    `uses are numbered ${uses.join()}`,
  );
  must(uses.length <= (approved?.data.grant.uses ?? 0), `${uses.length} uses`);
  must(count(...CLOSES_GRANT) <= (uses.length === approved?.data.grant.uses ? 0 : 1), 'the grant was closed twice');
  must(count('outcome.reported') <= uses.length, 'an outcome of a use that was not made');
  if (approved) problems.push(...quorumProblems(events, state));

  // Who was told yes is who is on record, and the other way round.
  must(done(['approve', 'deny']) === count('vote.cast'), 'votes told and votes recorded differ');
  must(done(['retract']) === count('vote.retracted'), 'votes taken back differ');
  must(done(['redeem']) === uses.length, `${done(['redeem'])} were told that they used it, ${uses.length} did`);
  must(done(['withdraw']) === count('decision.withdrawn'), 'withdrawals differ');
  must(done(['revoke']) === count('decision.revoked'), 'revocations differ');
  must(done(['report']) === count('outcome.reported'), 'reports differ');
  const told = replies.flatMap(({ ok, what, by }) => (ok && /^(approve|deny)$/.test(what) ? `${by} ${what}` : []));
  const kept = events.flatMap(({ type, data }) => (type === 'vote.cast' ? `${data.voter} ${data.vote}` : []));
  must(isDeepStrictEqual(told.sort(), kept.sort()), 'the votes of other people are on record than were told so');
  // Whoever finds the time over writes that down instead.
  const lapse = count('decision.expired', 'grant.expired');
  const missing = refused(['approve', 'deny']) + refused(['redeem']) - count('vote.refused', 'grant.refused');
  must(missing >= 0 && missing <= lapse, `${missing} refusals are not on record`);
  return problems;
}

/** Tries every way to seat those who had approved by then, each once. */
function quorumProblems(events, state) {
  const end = events.findIndex(({ type }) => type === 'decision.approved');
  const said = new Map();
  for (const { type, data } of events.slice(0, end)) {
    if (type === 'vote.cast') said.set(data.voter, data.vote);
    if (type === 'vote.retracted') said.delete(data.voter);
  }
  const present = [...said].filter(([, vote]) => vote === 'approve').map(([id]) => id);
  const { approvers } = events[end].data;
  const problems = [];
  if (approvers.some(({ id }) => !present.includes(id))) problems.push('an approver has not approved');
  if (new Set(approvers.map(({ id }) => id)).size !== approvers.length) problems.push('somebody approved twice');
  if (approvers.some(({ id, seat }) => !GROUPS.get(id)?.includes(seat)))
    problems.push('somebody sits in a strange seat');
  for (const { group, count } of state.approval.terms.seats)
    if (approvers.filter(({ seat }) => seat === group).length !== count)
      problems.push(`seats of ${group} are not filled`);
  // With the vote that closed it, and not without: a quorum that was complete before has been overlooked.
  const [last] = events
    .slice(0, end)
    .filter(({ type }) => type === 'vote.cast')
    .slice(-1);
  if (!present.includes(last.data.voter)) problems.push('what closed it was no approval');
  return problems;
}

/** What is wrong with the chains: each source numbers from 1 without gaps, and each event names the digest of the last. */
export function chainProblems(rows) {
  const problems = [];
  const heads = new Map();
  for (const { body } of rows) {
    const { source, seq, prev } = JSON.parse(body.toString('utf8'));
    const head = heads.get(source) ?? { seq: 0, digest: '' };
    if (seq !== head.seq + 1) problems.push(`${source} has ${seq} after ${head.seq}`);
    if (prev !== head.digest) problems.push(`${source} ${seq} does not follow the event before it`);
    heads.set(source, { seq, digest: createHash('sha256').update(body).digest('base64url') });
  }
  return { sources: heads.size, problems };
}
