import type { Effect } from '@countersign/approval';
import type { DecisionCase } from '../cases/case-file.js';
import { caseInput } from '../cases/case-input.js';
import type { Evaluator } from '../cases/run-case.js';
import { compare, type Comparison } from '../replay/compare.js';
import { rulingOf } from '../replay/ruling.js';

/** A decision case that two policies answer otherwise, whatever it expects. */
export interface CaseChange extends Comparison {
  name: string;
  file: string;
  line: number;
  before: { effect: Effect; rules: string[] };
  after: { effect: Effect; rules: string[] };
}

/** Asks both policies about every case, each input once. */
export function caseChanges(
  cases: readonly DecisionCase[],
  before: Evaluator,
  after: Evaluator,
): { asked: number; changes: CaseChange[] } {
  const inputs = new Map(cases.map((one) => [caseInput(one.input), one]));
  const changes = [...inputs].flatMap(([input, { name, file, line }]): CaseChange[] => {
    const [was, now] = [rulingOf(before.evaluate(input)), rulingOf(after.evaluate(input))];
    const comparison = compare(was, now);
    const same = was.rules.join('\n') === now.rules.join('\n');
    if (same && comparison.looser.length === 0 && comparison.stricter.length === 0) return [];
    const brief = ({ effect, rules }: typeof was) => ({ effect, rules });
    return [{ name, file, line, ...comparison, before: brief(was), after: brief(now) }];
  });
  return { asked: inputs.size, changes };
}
