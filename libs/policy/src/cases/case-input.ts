import { canonicalize } from '@countersign/ledger';
import { policyTime } from '../policy-time.js';
import type { CaseInput } from './case-schema.js';

// A case says what matters to it; the rest is an ordinary agent on an ordinary Thursday.

const SUBJECT = { type: 'agent', id: 'release-bot' };
const AGENT = { owner: 'sam@acme.example', groups: ['ci'] };
const BREAKING = { by: 'dana@acme.example', groups: [], reason: 'checkout is down' };
const TIME = '2026-01-15T10:00:00Z';
const COUNTER = { count: 0, sum: 0, denies: 0, resources: 0 };
const FLOWED = {
  at: '2026-01-15T09:55:00Z',
  action: 'web.fetch',
  resource: 'https://stranger.example/page',
  decision_id: 'dec_00000000000000000000000000',
};

/** The policy input of a case, canonical, as intake would have sent it: a member with nothing in it is left out. */
export function caseInput(given: CaseInput): string {
  const { action, resource, principal, approval, break_glass } = given;
  const subject = { ...SUBJECT, ...given.subject };
  // A person stands where an agent does, and answers for it.
  const agent = subject.type === 'person' ? { ...AGENT, owner: subject.id } : AGENT;
  return canonicalize({
    action: withoutEmpty(action),
    agent: { id: subject.id, ...agent, ...given.agent },
    ...(approval ? { approval } : {}),
    ...(break_glass ? { break_glass: { ...BREAKING, ...break_glass } } : {}),
    context: given.context ?? {},
    history: caseHistory(given.history),
    ...(principal ? { principal } : {}),
    resource: withoutEmpty(resource),
    subject: withoutEmpty(subject),
    time: policyTime(Date.parse(given.time ?? TIME)),
  });
}

function withoutEmpty<T extends { properties?: Record<string, unknown> | undefined }>(entity: T) {
  const { properties, ...rest } = entity;
  return properties && Object.keys(properties).length > 0 ? entity : rest;
}

/** What a case leaves out of its history is nought, as it is in the history that intake keeps. */
function caseHistory(history: CaseInput['history']) {
  const { counters, flow } = history ?? {};
  return {
    ...(counters ? { counters: each(counters, (scopes) => each(scopes, (windows) => each(windows, counted))) } : {}),
    ...(flow ? { flow: each(flow, (fact) => ({ ...FLOWED, ...fact })) } : {}),
  };
}

function counted(window: object | undefined) {
  return { ...COUNTER, ...window };
}

function each<V, R>(members: Record<string, V> | undefined, to: (value: V) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(members ?? {}).map(([name, value]) => [name, to(value)]));
}
