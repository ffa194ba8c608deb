import { durationFromMs } from '@bufbuild/protobuf/wkt';
import type { Verdict } from '@countersign/approval';
import type { BreakGlassRules } from '@countersign/contract';
import { secondsOf } from './terms-wire.js';

// Who may break the glass, as PolicyService carries it.

export function breakGlassToWire({ rules, guarded }: NonNullable<Verdict['break_glass']>) {
  return {
    guarded,
    rules: rules.map(({ rule, text, groups, duration_s, uses, notify, overrides, review, while_overdue }) => ({
      ...{ rule, text, groups, uses, notify, overrides },
      duration: durationFromMs(duration_s * 1000),
      reviewGroups: review.groups,
      reviewWithin: durationFromMs(review.within_s * 1000),
      whileOverdue: while_overdue,
    })),
  };
}

/** As a policy would have said it, to be checked like that. */
export function breakGlassFromWire({ rules, guarded }: BreakGlassRules): Record<string, unknown> {
  return {
    guarded,
    rules: rules.map((one) => ({
      ...{ rule: one.rule, reason: one.text, groups: one.groups, uses: one.uses, notify: one.notify },
      overrides: one.overrides,
      duration: secondsOf(one.duration),
      review: { groups: one.reviewGroups, within: secondsOf(one.reviewWithin) },
      while_overdue: one.whileOverdue,
    })),
  };
}
