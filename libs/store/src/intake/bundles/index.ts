export { Bundles, type Standing, type StoredBundle } from './bundles.js';
export type { Activation, PolicyChange, Upload } from './change.js';
export { ServingBundle, type ServedArchive } from './serving.js';
