// The rules. What a decision is, who may countersign it, and when a permission stops: pure functions over plain data. It
// knows no clock, no database, no channel and no person but those it is handed.
export * from './event.js';
export * from './request.js';
export * from './state.js';
export * from './verdict.js';
