// The decision service: a stateless policy decision point. Input in, verdict out; no database, no people, no record.
export { decisionModule, decisionEndpoints } from './decision.module.js';
export { PolicyApi, type Caller } from './policy-api.js';
