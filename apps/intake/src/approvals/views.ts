import {
  isConcerned,
  isTimeZone,
  noVoteBecause,
  type Decision as CoreDecision,
  type Person,
  type VoteSituation,
} from '@countersign/approval';
import { invalidArgument, StatusError, type ApprovalView } from '@countersign/contract';
import type { Directory } from '@countersign/directory';
import type { Decisions } from '../decisions.js';
import { approvalView, type ViewOptions } from './approval-view.js';

/** What people see of approvals, each no more than what concerns them. */
export class Views {
  constructor(
    readonly decisions: Decisions,
    readonly directory: () => Directory,
  ) {}

  /** Throws StatusError PERMISSION_DENIED when the decision does not concern the person. */
  of(decision: CoreDecision, person: Person, more: Omit<ViewOptions, 'now'> = {}): ApprovalView {
    if (!isConcerned(decision, person)) throw notYours(decision.id);
    return approvalView(decision, person, { ...more, now: this.#situation(decision) });
  }

  /** Whether a list shows it: all that concerns the person, or only what they may vote on now. */
  lists(decision: CoreDecision, person: Person, all: boolean): boolean {
    if (all) return isConcerned(decision, person);
    return noVoteBecause(decision, person, this.#situation(decision)) === '';
  }

  /** Those who voted before and the agent's owner as the directory has them now: a vote counts only while it could be cast. */
  asOfNow({ approval, request }: CoreDecision): { earlier: Person[]; owner?: string; owner_missing?: boolean } {
    const directory = this.directory();
    const owner = directory.agent(request.subject.id)?.owner;
    return {
      ...(directory.ownerProblem(request.subject.id) === undefined ? {} : { owner_missing: true }),
      earlier: (approval?.votes ?? []).flatMap(({ voter }) => directory.person(voter) ?? []),
      ...(owner === undefined ? {} : { owner }),
    };
  }

  #situation(decision: CoreDecision): VoteSituation {
    const { now, stops } = this.decisions;
    const at = now().toISOString();
    return { ...this.asOfNow(decision), at, stop: stops.of(() => decision.request, at) };
  }
}

/** The StatusError for somebody whom a decision does not concern. */
export function notYours(id: string): StatusError {
  return new StatusError('PERMISSION_DENIED', `you have no part in ${id}`, { reason: 'NOT_YOURS' });
}

/** The zone in which times are said to whoever asks. */
export type Zone = Pick<ViewOptions, 'zone'>;

/** Throws StatusError INVALID_ARGUMENT for what is no time zone. */
export function zoneOf(name: string): Zone {
  if (name === '') return {};
  if (name.length <= 64 && isTimeZone(name)) return { zone: name };
  throw invalidArgument({ field: 'time_zone', description: 'is not the name of a time zone, such as Europe/Berlin' });
}
