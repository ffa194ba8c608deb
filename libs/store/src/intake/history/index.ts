export type { Addition, ExpectedHead, FlowOccurrence, HistoryChange } from './change.js';
export type { CounterKey, Scope } from './counter-key.js';
export { HistoryReader, type HistoryQuery, type HistoryRead, type WindowTotals } from './reader.js';
export { sweepHistory } from './sweep.js';
