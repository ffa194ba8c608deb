import type { CounterKey, FlowOccurrence, HistoryRead, Write } from '@countersign/store';
import { anAnswer } from './intake-writes.js';

// Decisions that count, as intake makes them, for tests of the store.

export const BOT: CounterKey = { counter: 'refunds', scope: 'subject', key: 'release-bot' };
export const SAM: CounterKey = { counter: 'refunds', scope: 'principal', key: 'sam@acme.example' };
export const TALK: CounterKey = { counter: 'refunds', scope: 'session', key: 'release-bot\nsession-1' };
export const EVERYBODY: CounterKey = { counter: 'refunds', scope: 'area', key: '' };

export interface Counted {
  at?: string;
  keys?: CounterKey[];
  count?: number;
  sum?: number;
  denies?: number;
  resource?: string;
  expect?: HistoryRead['heads'];
  subject?: string;
  session?: string;
  facts?: string[];
  inherited?: FlowOccurrence[];
}

/** An answer that needs nobody and adds one to the subject's counter, unless it says otherwise. */
export function aCount(decisionId: string, what: Counted = {}): Write {
  const { at = '2026-11-21T10:00:00Z', keys = [BOT], count = 1, sum = 0, denies = 0, resource } = what;
  const { session, inherited, expect } = what;
  return {
    ...anAnswer(decisionId),
    history: {
      ...(expect ? { expect } : {}),
      add: keys.map((key) => ({ key, at, count, sum, denies, ...(resource === undefined ? {} : { resource }) })),
      flow: {
        subject: what.subject ?? 'release-bot',
        facts: what.facts ?? [],
        at,
        action: 'payments.refund',
        resource: resource ?? 'order-1',
        ...(session === undefined ? {} : { session }),
        ...(inherited ? { inherited } : {}),
      },
    },
  };
}
