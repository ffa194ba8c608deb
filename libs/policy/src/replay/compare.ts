import type { ApprovalTerms, Effect } from '@countersign/approval';
import { newWays } from './quorums.js';
import type { Ruling } from './ruling.js';

/** How one ruling differs from another, in words: each way in which it protects less, and each in which it protects more. */
export interface Comparison {
  looser: string[];
  stricter: string[];
}

const RANK: Record<Effect, number> = { deny: 0, require_approval: 1, allow: 2 };

/**
 * Compares what is said of one request. A ruling may be looser in one way and stricter in another: a group that is asked no
 * more is a way in, whoever else is asked instead.
 */
export function compare(before: Ruling, after: Ruling): Comparison {
  const found: Comparison = { looser: [], stricter: [] };
  if (before.effect !== after.effect) {
    const text = `${shown(before.effect)} becomes ${shown(after.effect)}`;
    note(found, RANK[after.effect] - RANK[before.effect], text);
    return found;
  }
  if (before.effect === 'deny') return found;
  if (before.approval && after.approval) compareTerms(found, before.approval, after.approval);
  compareMembers(found, before.obligations, after.obligations, {
    gone: (id) => `obligation ${id} is dropped`,
    come: (id) => `obligation ${id} is added`,
  });
  compareGrants(found, before, after);
  return found;
}

/** The effect as people say it. */
export function shown(effect: Effect): string {
  return effect === 'require_approval' ? 'ask' : effect;
}

function compareTerms(found: Comparison, before: ApprovalTerms, after: ApprovalTerms): void {
  for (const way of newWays(before, after)) note(found, 1, `${way} is enough`);
  for (const way of newWays(after, before)) note(found, -1, `${way} is not enough`);
  const [denied, denies] = [before.deny_quorum ?? 1, after.deny_quorum ?? 1];
  note(found, denies - denied, `it takes ${denies} to deny instead of ${denied}`);
  const late = Number(after.late_members ?? false) - Number(before.late_members ?? false);
  note(found, late, `people who join a group later may ${late > 0 ? '' : 'not '}vote`);
  const further = (after.session?.count ?? 0) - (before.session?.count ?? 0);
  note(
    found,
    further,
    `one approval does for ${after.session?.count ?? 0} further actions instead of ${before.session?.count ?? 0}`,
  );
  const { expires_in_s: was } = before;
  note(found, after.expires_in_s - was, `people have ${after.expires_in_s} s instead of ${was} s`);
  const flags = [
    ['reason_required', 'a reason'],
    ['step_up', 'a second factor'],
  ] as const;
  for (const [flag, what] of flags) {
    note(found, Number(before[flag]) - Number(after[flag]), `${what} is required${after[flag] ? '' : ' no more'}`);
  }
  compareMembers(found, before.exclude, after.exclude, {
    gone: (who) => `${who} is excluded no more`,
    come: (who) => `${who} is excluded`,
  });
  compareMembers(found, before.redact, after.redact, {
    gone: (pointer) => `${pointer} is shown`,
    come: (pointer) => `${pointer} is hidden`,
  });
  compareChannels(found, before.channels, after.channels);
}

/** No channels named means all of them. */
function compareChannels(found: Comparison, before: readonly string[], after: readonly string[]): void {
  if (before.length === 0 && after.length > 0) note(found, -1, `people are asked in ${after.join(', ')} only`);
  else if (before.length > 0 && after.length === 0) note(found, 1, 'people may be asked everywhere');
  else {
    compareMembers(found, after, before, {
      gone: (channel) => `people may be asked in ${channel}`,
      come: (channel) => `people are not asked in ${channel}`,
    });
  }
}

function compareGrants(found: Comparison, { effect, grant: was }: Ruling, { grant: now }: Ruling): void {
  if (was && now) {
    const [before, after] = [was.expires_in_s, now.expires_in_s];
    note(found, after - before, `the grant lives ${after} s instead of ${before} s`);
    note(found, now.uses - was.uses, `the grant works ${now.uses} times instead of ${was.uses}`);
  } else if (effect === 'allow' && was !== now) {
    // An allowance without a grant may be used at any time, and as often as one likes.
    note(found, now ? -1 : 1, `a grant has to be redeemed${now ? '' : ' no more'}`);
  }
}

function compareMembers(
  found: Comparison,
  before: readonly string[],
  after: readonly string[],
  say: { gone(one: string): string; come(one: string): string },
): void {
  for (const one of before) if (!after.includes(one)) note(found, 1, say.gone(one));
  for (const one of after) if (!before.includes(one)) note(found, -1, say.come(one));
}

/** More than nought is looser, less is stricter. */
function note(found: Comparison, looser: number, text: string): void {
  if (looser > 0) found.looser.push(text);
  else if (looser < 0) found.stricter.push(text);
}
