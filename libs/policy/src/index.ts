// Rego in, verdicts out. Guarantees that whatever a policy does - break, loop into its limits, answer nonsense, answer
// nothing - the answer is a well-formed verdict that denies, and that the bundle served is the one that was asked for. It
// knows nothing of people, decisions or storage, reads no clock for a policy, and lets a policy reach nothing.
export { BUNDLE_FILE, compileFolder, parseBundle, type Bundle } from './bundle.js';
export { PolicyEngine, type EngineOptions } from './engine.js';
export type { FaultKind } from './fault-verdict.js';
export { findOpa, type OpaPlaces } from './opa.js';
export type { BundleInfo, BundleSource, Policy } from './policy.js';
export { openEngine } from './open.js';
export { RemotePolicy, type RemotePolicyOptions } from './remote.js';
export { readSources, type Sources } from './sources.js';
export { bundleToWire, verdictToWire } from './wire.js';
