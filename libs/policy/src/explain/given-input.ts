import { canonicalize, JsonProblem, parseStrict } from '@countersign/ledger';
import { caseInput } from '../cases/case-input.js';
import { readCaseInput } from '../cases/case-file.js';

/**
 * A policy input from what somebody wrote: a whole one as it is, or as much of one as a decision case has, the rest being as
 * in a case. Returns what is wrong with it instead.
 */
export function explainable(text: string): { input: string } | { problems: string[] } {
  let given: unknown;
  try {
    given = parseStrict(text);
  } catch (error) {
    if (error instanceof JsonProblem) return { problems: [error.message] };
    throw error;
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    return { problems: ['it is not a JSON object'] };
  // In a case, time is a text; in what policy is asked, it is split into its parts.
  if ('time' in given && typeof given.time === 'object') return { input: canonicalize(given) };
  const read = readCaseInput(given);
  return read.input ? { input: caseInput(read.input) } : { problems: read.problems };
}
