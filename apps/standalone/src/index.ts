// The four services in one process, for `npm start` and for tests. A composition, not a second product.
export { startStandalone, type Standalone } from './standalone.js';
