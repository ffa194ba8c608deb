import type {
  ActionRequest,
  DecisionAllowed,
  DecisionDenied,
  DecisionHeld,
  RecordedAgent,
} from '@countersign/approval';
import { canonicalize } from '@countersign/ledger';
import { policyTime } from './policy-time.js';

/** The first event of a decision, as far as it says what policy was asked. */
export interface RecordedAsk {
  decision_id: string;
  /** RFC 3339: the time that policy was told. */
  at: string;
  data: { request: ActionRequest; agent: RecordedAgent; history?: Record<string, unknown> };
}

/** The first event of a decision: what was asked and what policy said. */
export type RecordedAnswer = Recorded<DecisionAllowed> | Recorded<DecisionDenied> | Recorded<DecisionHeld>;

type Recorded<Event extends { type: string }> = RecordedAsk & { type: Event['type']; data: Omit<Event, 'type'> };

const ANSWERS: readonly string[] = ['decision.allowed', 'decision.denied', 'decision.held'];

/** Whether a recorded event is the answer of policy to a request: every decision has one, its first. */
export function isAnswer(event: { type: string; version?: number }): event is RecordedAnswer {
  return ANSWERS.includes(event.type) && (event.version ?? 1) === 1;
}

/**
 * The policy input of a recorded request: byte for byte what policy was asked when it was recorded. Only for one that was
 * recorded whole, see `lostParts`.
 */
export function recordedInput({ at, data: { request, agent, history } }: RecordedAsk): string {
  const { action, context, principal, resource, subject } = request;
  const { owner, groups, trust } = agent;
  return canonicalize({
    action,
    agent: { id: subject.id, owner, groups, ...(trust ? { trust } : {}) },
    context: context ?? {},
    history: history ?? {},
    ...(principal ? { principal } : {}),
    resource,
    subject,
    time: policyTime(Date.parse(at)),
  });
}

/** The parts of which only size and digest were recorded, because they were too large. */
export function lostParts({ data: { request } }: RecordedAsk): string[] {
  const parts = {
    'action.properties': request.action.properties,
    context: request.context,
    'resource.properties': request.resource.properties,
    'subject.properties': request.subject.properties,
  };
  return Object.entries(parts)
    .filter(([, part]) => part !== undefined && isStub(part))
    .map(([name]) => name);
}

function isStub(part: Record<string, unknown>): boolean {
  return Object.keys(part).length === 2 && typeof part['$sha256'] === 'string' && typeof part['$bytes'] === 'number';
}
