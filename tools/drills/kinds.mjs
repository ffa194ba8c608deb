// What is done to a decision by 64 at once. Each kind says what policy wants, what has happened before, who does what, and
// how it may end.
import { setTimeout as sleep } from 'node:timers/promises';
import { State } from '@countersign/contract';
import { rotateKeys } from '@countersign/keys';
import { CROWD, OWNER } from './people.mjs';

const ONE = { seats: [{ group: 'dba', count: 1 }] };
const THREE = {
  seats: [
    { group: 'dba', count: 2 },
    { group: 'finance', count: 1 },
  ],
};

/** So many moves, made from their number. */
const crowd = (count, move) => Array.from({ length: count }, (_, i) => () => move(i));
/** Spread over the time around an end that is a second away. */
const aroundTheEnd = (i, end = 1_000) => sleep(end - 300 + (600 * i) / CROWD);

const granted = async (round) => {
  await round.vote(0, 'approve');
  return (await round.until((decision) => decision.state !== State.PENDING)).grant;
};

export const KINDS = {
  'voters and redeemers': {
    policy: { approval: THREE },
    moves: (round) => [
      ...crowd(39, (i) => round.vote(i + 12, 'approve')),
      () => round.vote(OWNER, 'approve'),
      ...crowd(24, () => round.waitAndRedeem()),
    ],
    ends: ['REDEEMED'],
  },
  'approve against deny': {
    policy: { approval: { ...THREE, deny_quorum: 3 } },
    moves: (round) => crowd(CROWD, (i) => round.vote(i, i % 2 === 0 ? 'approve' : 'deny')),
    ends: ['ALLOWED', 'DENIED'],
  },
  'approve against withdraw': {
    policy: { approval: THREE },
    moves: (round) => [...crowd(58, (i) => round.vote(i, 'approve')), ...crowd(6, () => round.withdraw())],
    ends: ['ALLOWED', 'WITHDRAWN'],
  },
  'approve at the deadline': {
    policy: { approval: { seats: [{ group: 'dba', count: 14 }], expires_in: '1s' } },
    moves: (round) => crowd(CROWD, (i) => aroundTheEnd(i).then(() => round.vote((i * 5) % CROWD, 'approve'))),
    ends: ['ALLOWED', 'EXPIRED'],
  },
  'minds that change': {
    policy: { approval: { seats: [{ group: 'finance', count: 8 }], deny_quorum: 8 } },
    moves: (round) =>
      crowd(CROWD, async (i) => {
        await round.vote(i, 'deny');
        if (i % 3 === 0) await round.vote(i, 'retract');
        await round.vote(i, 'approve');
      }),
    ends: ['ALLOWED', 'DENIED'],
  },
  'redeem once': {
    policy: { approval: ONE },
    before: granted,
    moves: (round, grant) => crowd(CROWD, () => round.redeem(grant)),
    ends: ['REDEEMED'],
  },
  'redeem five times': {
    policy: { approval: ONE, grant: { uses: 5 } },
    before: granted,
    moves: (round, grant) => crowd(CROWD, () => round.redeem(grant)),
    ends: ['REDEEMED'],
  },
  'redeem against revoke': {
    policy: { approval: ONE, grant: { uses: 3 } },
    before: granted,
    moves: (round, grant) => [...crowd(40, () => round.redeem(grant)), ...crowd(24, (i) => round.revoke(i))],
    ends: ['REDEEMED', 'REVOKED'],
  },
  'redeem at the end of the grant': {
    policy: { approval: ONE, grant: { uses: 28, expires_in: '3s' } },
    before: granted,
    moves: (round, grant) => crowd(CROWD, (i) => aroundTheEnd(i, 3_000).then(() => round.redeem(grant))),
    ends: ['REDEEMED', 'EXPIRED'],
  },
  'redeem while the key is rotated': {
    policy: { approval: ONE, grant: { uses: 2 } },
    before: granted,
    moves: (round, grant, keys) => [
      () => rotated(keys),
      ...crowd(CROWD - 1, (i) => sleep(i % 8 === 0 ? 150 : 0).then(() => round.redeem(grant))),
    ],
    ends: ['REDEEMED'],
  },
  'all of it': {
    policy: { approval: { ...THREE, deny_quorum: 3 }, grant: { uses: 2 } },
    moves: (round) => [
      ...crowd(24, (i) => round.vote(i + 20, 'approve')),
      ...crowd(6, (i) => round.vote(i, 'deny')),
      ...crowd(2, () => round.withdraw()),
      ...crowd(24, () => round.waitAndRedeem()),
      ...crowd(4, (i) => round.until(({ state }) => state !== State.PENDING).then(() => round.revoke(i))),
      ...crowd(4, (i) => round.until(({ final }) => final).then(() => round.report(`run ${i}`))),
    ],
    ends: ['DENIED', 'WITHDRAWN', 'REDEEMED', 'REVOKED'],
  },
};

/** A key signs from a full second on, so two rounds may want the same one. */
function rotated(keys) {
  try {
    rotateKeys(keys, new Date());
  } catch (error) {
    if (!/from that very second/.test(error.message)) throw error;
  }
}
