import { create } from '@bufbuild/protobuf';
import {
  besideText,
  isCut,
  noVoteBecause,
  redact,
  renderCard,
  similarRequests,
  wholeText,
  type ActionRequest,
  type Decision as CoreDecision,
  type JsonObject,
  type Person,
  type Related,
  type VoteSituation,
} from '@countersign/approval';
import { ApprovalViewSchema, type ApprovalView } from '@countersign/contract';
import { canonicalize, digestOf } from '@countersign/ledger';
import { at, STATES, toDecision } from '../reply.js';

export interface ViewOptions {
  /** What a vote would be counted against now. */
  now: VoteSituation;
  /** IANA name. */
  zone?: string;
  related?: Related;
  /** Also the payload without any cut. */
  whole?: boolean;
}

/** One approval as one person sees it: who is concerned has been settled before. */
export function approvalView(decision: CoreDecision, person: Person, options: ViewOptions): ApprovalView {
  const { now, zone, related, whole } = options;
  const { agent, approval } = decision;
  // From here on there is only what people may see.
  const { request } = redact(decision.request, approval?.terms.redact ?? []);
  const card = renderCard(decision, {
    ...(zone ? { zone } : {}),
    ...(related ? { beside: besideText(decision, related, { person, ...(zone ? { zone } : {}) }) } : {}),
  });
  const cannot = noVoteBecause(decision, person, now);
  return create(ApprovalViewSchema, {
    id: decision.id,
    decision: toDecision({ ...decision, request }),
    subject: { type: request.subject.type, id: request.subject.id },
    principal: request.principal ?? '',
    owner: agent.owner,
    action: { name: request.action.name },
    argumentsJson: canonicalize(request.action.properties ?? {}),
    resource: { type: request.resource.type, id: request.resource.id },
    contextJson: canonicalize(request.context ?? {}),
    justification: request.justification ?? '',
    card: {
      risk: card.risk,
      headline: card.headline,
      who: card.who,
      why: card.why,
      impact: card.impact ?? [],
      payload: card.payload,
      justBefore: card.just_before ?? [],
      similar: card.similar ?? [],
      outcome: card.outcome ?? '',
      agentSays: card.agent_says ?? '',
      agentSaysBefore: card.agent_says_before ?? [],
      effect: card.effect ?? '',
      progress: card.progress ?? '',
      votes: card.votes ?? [],
      needs: card.needs,
      payloadCut: isCut(card.payload),
      digest: digestOf(canonicalize(card)),
    },
    canVote: cannot === '',
    cannotVoteBecause: cannot,
    submittedBy: request.submitted_by ?? '',
    similar: (related ? similarRequests(decision, related, { person }) : []).map((other) => ({
      id: other.id,
      state: STATES[other.status],
      headline: other.headline,
      askedAt: at(other.created_at),
      differences: other.differences,
    })),
    wholePayload: whole ? wholeText(wholeOf(request)) : '',
  });
}

/** All that is asked and bound, but not the agent's own words about it. */
function wholeOf({ action, resource, subject, principal, context, audience }: ActionRequest): JsonObject {
  return JSON.parse(
    JSON.stringify({
      action: action.name,
      arguments: action.properties,
      resource,
      subject,
      principal,
      context,
      audience,
    }),
  ) as JsonObject;
}
