export { canonicalize, digestOf, quote } from './canonical.js';
