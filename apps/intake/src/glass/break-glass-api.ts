import { hash } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { durationMs } from '@bufbuild/protobuf/wkt';
import { isConcerned, refuse, type Decision as CoreDecision, type Person } from '@countersign/approval';
import {
  Finding,
  ReviewSchema,
  StatusError,
  type ApprovalService,
  type BreakGlassRequest,
  type DecideRequest,
  type Review,
} from '@countersign/contract';
import type { Caller, Directory } from '@countersign/directory';
import type { Handlers } from '@countersign/service';
import type { RegistryFact } from '@countersign/store';
import { readAction } from '../action.js';
import { notYours } from '../approvals/views.js';
import type { Asked } from '../ask.js';
import { isDecisionId } from '../ids.js';
import { personNow } from '../people/who.js';
import { requireRoom, type Rate } from '../rate.js';
import { refusedStatus } from '../refusals.js';
import { at, toDecision } from '../reply.js';
import { Violations } from '../violations.js';
import type { AttemptedAction, Breaking, Said } from './breaking.js';
import type { KeptReview, Reviews } from './reviews.js';

export interface BreakGlassApiParts {
  breaking: Breaking;
  reviews: Reviews;
  directory: () => Directory;
  binding: readonly string[];
  /** How often one caller may be refused, by voting and by breaking the glass together. Absent: as often as they like. */
  refusals?: Rate | undefined;
}

const MOST_REVIEWS = 1_000;
const TOO_OFTEN_REFUSED = 'You have been refused too often just now. Wait, read why, then try again.';
const NOT_A_PERSON = refuse('not-a-person', 'this is for people: agents cannot break the glass or review it');

/** The part of ApprovalService that is about broken glass. An agent cannot break it, and nobody can for what no agent does. */
export class BreakGlassApi {
  constructor(readonly parts: BreakGlassApiParts) {}

  readonly handlers: Handlers<typeof ApprovalService, Caller> = {
    BreakGlass: async (request, { caller, traceId }) => {
      if (caller.kind === 'service') throw forPeople();
      const { breaking, refusals } = this.parts;
      const found = new Violations();
      const { decisionId, request: wanted } = request;
      const said = { ...readSaid(request, found), ...(traceId ? { traceId } : {}) };
      if ((decisionId === '') === (wanted === undefined))
        found.add('request', 'is required, or a decision_id instead of it');
      if (decisionId !== '' && !isDecisionId(decisionId)) found.add('decision_id', 'is not a decision id');
      const asked = wanted && this.#asked(wanted, caller.id, found);
      found.settle();
      // Each refusal is recorded. What turns out to be none is given back.
      if (refusals) requireRoom(refusals, caller.id, performance.now(), TOO_OFTEN_REFUSED);
      if (caller.kind === 'agent') {
        const what = asked ?? actionOf((await breaking.parts.decisions.load(decisionId)).decision);
        return breaking.refuse(what, { by: { id: caller.id, name: caller.id }, ...said }, NOT_A_PERSON);
      }
      const by = this.#person(caller);
      const broken = asked
        ? await breaking.anew(asked, { by, ...said })
        : await breaking.waiting(decisionId, { by, ...said });
      refusals?.giveBack(caller.id);
      return toDecision(broken);
    },
    CloseReview: async ({ id, finding, comment }, { caller, traceId }) => {
      const by = this.#person(caller);
      const found = new Violations();
      if (finding !== Finding.JUSTIFIED && finding !== Finding.NOT_JUSTIFIED)
        found.add('finding', 'is neither FINDING_JUSTIFIED nor FINDING_NOT_JUSTIFIED');
      found.text('comment', comment, 1_000);
      found.settle();
      const told = finding === Finding.JUSTIFIED ? 'justified' : 'not_justified';
      return this.#shown(await this.parts.breaking.close(id, by, told, comment, traceId), by);
    },
    ListReviews: async ({ overdue }, { caller }) => {
      if (caller.kind === 'agent') throw forPeople();
      const { reviews } = this.parts;
      await reviews.registry.refresh();
      const found = overdue ? reviews.overdue() : reviews.open();
      return { reviews: found.slice(0, MOST_REVIEWS).map((one) => toReview(one, reviews)) };
    },
  };

  /** What is to be done, as an agent would have asked for it, submitted by a person. Throws StatusError. */
  #asked(message: DecideRequest, by: string, found: Violations): Asked {
    found.text('request.request_id', message.requestId, 256);
    found.text('request.principal', message.principal, 256);
    found.text('request.audience', message.audience, 256);
    found.text('request.justification', message.justification, 2_000);
    if (!message.subject?.id) found.add('request.subject', 'is required: name the agent that is to do it');
    if (message.holderKey) found.add('request.holder_key', 'is for agents that ask themselves');
    const texts = readAction(message, by, this.parts.binding, found);
    const agent = this.parts.directory().agent(texts.subjectId);
    if (!agent)
      throw new StatusError('PERMISSION_DENIED', 'subject.id: is not an agent in the directory', {
        reason: 'UNKNOWN_SUBJECT',
      });
    const { requestId, principal, justification, audience } = message;
    return {
      ...{ ...texts, agent, principal, justification, requestId, audience, holderKey: '', submittedBy: by },
      ...{ waitMs: 0, dryRun: false },
      ...(requestId ? { requestKey: hash('sha256', `${by}\n${requestId}`, 'buffer') } : {}),
    };
  }

  #person(caller: Caller): Person {
    if (caller.kind !== 'person') throw forPeople();
    return personNow(caller, this.parts.directory());
  }

  #shown(decision: CoreDecision, person: Person) {
    if (isConcerned(decision, person)) return toDecision(decision);
    throw notYours(decision.id);
  }
}

function readSaid({ reason, ticket, duration }: BreakGlassRequest, found: Violations): Omit<Said, 'by'> {
  found.text('reason', reason, 1_000);
  found.text('ticket', ticket, 256);
  const wantedS = duration && Math.floor(durationMs(duration) / 1000);
  if (wantedS !== undefined && !(wantedS >= 1)) found.add('duration', 'is not at least a second');
  return { reason, ticket, ...(wantedS ? { wantedS } : {}) };
}

function actionOf({ request: { subject, action, resource }, action_digest }: CoreDecision): AttemptedAction {
  return {
    ...{ subjectType: subject.type, subjectId: subject.id, actionName: action.name },
    ...{ resourceType: resource.type, resourceId: resource.id, digest: action_digest },
  };
}

/** An open review as everybody sees it. */
export function toReview({ id, state }: RegistryFact<KeptReview>, reviews: Reviews): Review {
  const { due_at, by_name, groups, by, reason, ticket = '', action, resource, subject } = state;
  const overdue = Date.parse(due_at) <= reviews.now().getTime();
  return create(ReviewSchema, {
    ...{ id, groups, dueAt: at(due_at), overdue, by, byName: by_name, reason, ticket, action, resource, subject },
  });
}

function forPeople(): StatusError {
  return refusedStatus(NOT_A_PERSON);
}
