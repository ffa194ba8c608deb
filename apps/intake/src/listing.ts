import { timestampMs, type Timestamp } from '@bufbuild/protobuf/wkt';
import { areaOf, maySee, redact, sessionOf, type Decision as CoreDecision } from '@countersign/approval';
import { State, type Decision, type ListDecisionsRequest } from '@countersign/contract';
import { requireScope, type Caller } from '@countersign/directory';
import type { ListingRange, ListingReader } from '@countersign/store';
import { fold } from './decisions.js';
import { idBefore, isDecisionId, LAST_ID } from './ids.js';
import { STATES, toDecision } from './reply.js';
import { Violations } from './violations.js';

const MOST = 200;
const USUAL = 50;
const STEP = 200;
/** Decisions that one call looks through: what is rare is found page by page, and nobody's question is work without end. */
const LOOKED_THROUGH = 2_000;
/** Before every decision there is. */
const FIRST_ID = 'dec_';

/** Lists decisions, for whom they concern. */
export class Listing {
  constructor(readonly reader: Pick<ListingReader, 'page'>) {}

  /** A page token is the last decision looked at: what is asked meanwhile has a later id, and so changes no page behind it. */
  async list(request: ListDecisionsRequest, caller: Caller): Promise<{ decisions: Decision[]; nextPageToken: string }> {
    requireScope(caller, 'read');
    const { pageSize, pageToken } = checked(request);
    const size = pageSize || USUAL;
    const decisions: Decision[] = [];
    const range = rangeOf(request, caller);
    let before = pageToken && pageToken < range.before ? pageToken : range.before;
    for (let looked = 0; looked < LOOKED_THROUGH; looked += STEP) {
      const rows = await this.reader.page({ ...range, before, limit: STEP });
      for (const { id, state, body } of rows) {
        before = id;
        const decision = state === null ? fold([body!])! : (JSON.parse(state) as CoreDecision);
        if (!maySee(decision, caller)) continue;
        const shown = asShown(decision, caller);
        if (!matches(shown, request)) continue;
        decisions.push(listed(shown));
        if (decisions.length === size) return { decisions, nextPageToken: before };
      }
      if (rows.length < STEP) return { decisions, nextPageToken: '' };
    }
    return { decisions, nextPageToken: before };
  }
}

/** Throws StatusError INVALID_ARGUMENT with everything that is wrong. */
function checked(request: ListDecisionsRequest): ListDecisionsRequest {
  const found = new Violations();
  const { pageSize, pageToken, state, since, until } = request;
  if (pageSize < 0 || pageSize > MOST) found.add('page_size', `is not between 1 and ${MOST}`);
  if (pageToken !== '' && !isDecisionId(pageToken)) found.add('page_token', 'is not from an earlier answer');
  if (State[state] === undefined) found.add('state', 'is none of STATE_PENDING, STATE_ALLOWED, …');
  for (const name of ['subject', 'principal', 'action', 'area'] as const) found.text(name, request[name], 256);
  found.text('session_id', request.sessionId, 256);
  const [from, to] = [found.time('since', since), found.time('until', until)];
  if (from && to && from >= to) found.add('until', 'is not after since');
  found.settle();
  return request;
}

/** Where to look: an agent finds what is its own by an index, and so does whoever asks about one subject. */
function rangeOf({ subject, since, until }: ListDecisionsRequest, caller: Caller): Omit<ListingRange, 'limit'> {
  const from = since ? idOf(since) : FIRST_ID;
  const before = until ? idOf(until) : LAST_ID;
  const own = caller.kind === 'agent' && (subject === '' || subject === caller.id || !caller.may_assert_subjects);
  const by = own ? { party: caller.id } : subject === '' ? {} : { subject };
  return { ...by, from, before };
}

function idOf(time: Timestamp): string {
  const ms = Math.ceil(timestampMs(time));
  return ms > 0 ? idBefore(ms) : FIRST_ID;
}

/** What policy hides from people is neither listed for them nor found by: to find it by its value would be to see it. */
function asShown(decision: CoreDecision, caller: Caller): CoreDecision {
  const pointers = decision.approval?.terms.redact ?? [];
  if (caller.kind !== 'person' || pointers.length === 0) return decision;
  return { ...decision, request: redact(decision.request, pointers).request } as CoreDecision;
}

function matches({ status, request }: CoreDecision, wanted: ListDecisionsRequest): boolean {
  const { state, subject, principal, action, area, sessionId } = wanted;
  return (
    (state === State.UNSPECIFIED || STATES[status] === state) &&
    (subject === '' || request.subject.id === subject) &&
    (principal === '' || request.principal === principal) &&
    (action === '' || request.action.name === action) &&
    (area === '' || areaOf(request) === area) &&
    (sessionId === '' || sessionOf(request) === sessionId)
  );
}

function listed(decision: CoreDecision): Decision {
  const { action, resource, principal = '' } = decision.request;
  const reply = toDecision(decision);
  return Object.assign(reply, {
    action: { $typeName: 'countersign.v1.Action', name: action.name },
    resource: { $typeName: 'countersign.v1.Resource', type: resource.type, id: resource.id, propertiesForm: NONE },
    principal,
  });
}

const NONE = { case: undefined } as const;
