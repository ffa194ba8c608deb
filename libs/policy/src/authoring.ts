// For those who write policy, before it serves: decision cases, checks, explanations, replays, differences. It guarantees
// that whatever it says about a policy, it says of the module that would serve; it refuses to know where recorded requests
// come from, and nothing that answers requests loads it.
export { findCases, CASES_SUFFIX, type FoundCases } from './cases/find-cases.js';
export { readCases, type CaseProblem, type DecisionCase } from './cases/case-file.js';
export { caseInput } from './cases/case-input.js';
export { runRegoTests, type RegoTest } from './cases/rego-tests.js';
export { runCase, type CaseResult, type Evaluator, type Mismatch } from './cases/run-case.js';
export { isAnswer, lostParts, recordedInput, type RecordedAnswer, type RecordedAsk } from './recorded-input.js';
export { compare, shown, type Comparison } from './replay/compare.js';
export { Replay, type Change, type Replayed, type ReplaySummary } from './replay/replay.js';
export { recordedRuling, rulingOf, type Ruling } from './replay/ruling.js';
export { checkPolicies, type CheckReport } from './check/check.js';
export type { Finding } from './check/finding.js';
export { INPUT_SCHEMA } from './input-schema.js';
export {
  explain,
  type AskedRule,
  type Explanation,
  type FiredRule,
  type MissedRule,
  type Value,
} from './explain/explain.js';
export { explainable } from './explain/given-input.js';
export { loadCandidate, unsignedBundle } from './candidate.js';
export { caseChanges, type CaseChange } from './diff/case-changes.js';
export { dataChanges, type DataChange } from './diff/data-changes.js';
export { titlesOf } from './diff/titles.js';
