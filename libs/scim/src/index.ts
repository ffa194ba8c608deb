// SCIM 2.0 as far as it is arithmetic: what resources consist of, what a body says of one, which a filter selects, what a
// PATCH makes of one, and what of it is shown. It keeps nothing, and does not know what a person may do.
export { type Filter, parseFilter, parseTarget } from './filter.js';
export { listResponse, MAX_RESULTS, pageOf, sorted } from './listing.js';
export { matcher, type Matches } from './matching.js';
export { patched } from './patch.js';
export { present, wants, type Selection } from './presenting.js';
export { badRequest, ScimProblem, type ScimType } from './problem.js';
export { isObject, readResource, requireWhole } from './reading.js';
export { resolvePath, valueAt } from './attribute-path.js';
export { GROUP, USER } from './resource-types.js';
export type { Attribute, Resource, ResourceType, Schema } from './schema.js';
