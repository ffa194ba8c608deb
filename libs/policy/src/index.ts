// Rego in, verdicts out. Guarantees that whatever a policy does - break, loop into its limits, answer nonsense, answer
// nothing - the answer is a well-formed verdict that denies, and that the bundle served is the one that was asked for. It
// knows nothing of people, decisions or storage, reads no clock for a policy, and lets a policy reach nothing.
export { askedReport, AskedTally, type AskedReport, type AskedVerdict, type AskingRule } from './asked-report.js';
export { parseBundle, readBundle, type Bundle } from './bundle.js';
export { capabilities, reasonAgainst, withReasons } from './capabilities.js';
export {
  diffBundles,
  recordedChanges,
  summaryOf,
  type BundleDiff,
  type PackageDiff,
  type RuleDiff,
} from './diff/bundle-diff.js';
export { PolicyEngine, type EngineOptions } from './engine.js';
export type { FaultKind } from './fault-verdict.js';
export { BUNDLE_FILE, compileFolder, loadBundle } from './folder.js';
export { findOpa, type OpaPlaces } from './opa.js';
export { PolicyHost, type HostOptions } from './host.js';
export { addHostMetrics } from './host-metrics.js';
export type { BundleInfo, BundleRole, BundleSource, Policy, PolicyEvent, PolicyListener } from './policy.js';
export { MAX_MESSAGE_BYTES } from './input-guard.js';
export { openPolicyHost, type PolicyPlaces } from './open.js';
export { DatabaseOrigin, type BundleReader } from './origin/database-origin.js';
export { IntakeOrigin, type IntakeOriginOptions } from './origin/intake-origin.js';
export { WITHDRAWN, type Origin } from './origin/origin.js';
export { RemotePolicy, type RemotePolicyOptions } from './remote.js';
export type { ShadowDifference, ShadowReport } from './shadow.js';
export { shadowFromWire, shadowToWire } from './shadow-wire.js';
export { readPolicyKeys, type PolicyKeys } from './signature/keys.js';
export { signBundle, type SigningKey } from './signature/sign.js';
export { readSources, type Sources } from './sources.js';
export { sessionToWire } from './terms-wire.js';
export { bundleToWire, verdictToWire } from './wire.js';
