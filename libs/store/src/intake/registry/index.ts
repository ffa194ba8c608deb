export { changeRegistry, overtakenRegistry, type RegistryChange } from './change.js';
export { Registry, type RegistryOptions, type RegistryFact } from './registry.js';
export { IntakeRegistry1764200000000 } from './tables.js';
