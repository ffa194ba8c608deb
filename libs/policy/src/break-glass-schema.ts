import type { BreakGlassRule, Verdict } from '@countersign/approval';
import { duration, flag, list, name, names, object, SchemaProblem, string, whole } from './schema-members.js';

/** An exception is for minutes, in seconds. */
const LONGEST_S = 3_600;
const USUAL_S = 900;
const USUAL_REVIEW_S = 86_400;

/** Reads who may break the glass. Throws a SchemaProblem: then policy has no answer, and nobody may. */
export function readBreakGlass(given: unknown): NonNullable<Verdict['break_glass']> {
  const { rules, guarded } = object(given, 'break_glass');
  return { rules: list(rules, 'break_glass.rules').map(readRule), guarded: flag(guarded, 'break_glass.guarded') };
}

function readRule(given: unknown): BreakGlassRule {
  const rule = object(given, 'a rule of break_glass');
  const review = object(rule.review ?? {}, 'break_glass.review');
  const duration_s = duration(rule.duration ?? USUAL_S, 'break_glass.duration');
  if (duration_s > LONGEST_S) throw new SchemaProblem('break_glass.duration is more than an hour');
  return {
    rule: name(rule.rule, 'break_glass.rule'),
    text: string(rule.reason, 'break_glass.reason').slice(0, 2_000).toWellFormed(),
    groups: some(rule.groups, 'break_glass.groups'),
    duration_s,
    uses: whole(rule.uses ?? 1, 100, 'break_glass.uses'),
    notify: some(rule.notify, 'break_glass.notify'),
    overrides: list(rule.overrides ?? [], 'break_glass.overrides').map(readOverride),
    review: {
      groups: some(review.groups, 'break_glass.review.groups'),
      within_s: duration(review.within ?? USUAL_REVIEW_S, 'break_glass.review.within'),
    },
    while_overdue: flag(rule.while_overdue, 'break_glass.while_overdue'),
  };
}

/** Groups, of which there is at least one: nobody who may, is told, or reviews would be a slip and no rule. */
function some(given: unknown, what: string): string[] {
  const groups = names(given, what);
  if (groups.length === 0) throw new SchemaProblem(`${what} is empty`);
  return groups;
}

function readOverride(given: unknown): 'deny' {
  if (given === 'deny') return given;
  throw new SchemaProblem('break_glass.overrides holds something other than "deny"');
}
