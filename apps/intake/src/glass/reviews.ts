import { sameIdentity, type Decision, type Person } from '@countersign/approval';
import type { Registry, RegistryChange, RegistryFact } from '@countersign/store';

/** The kind under which open reviews are kept as standing facts; a review has its decision's id. */
const REVIEW = 'review';

/** What must be known of an open review without its decision. */
export interface KeptReview {
  by: string;
  by_name: string;
  reason: string;
  ticket?: string;
  groups: string[];
  /** RFC 3339, UTC. */
  due_at: string;
  overdue: boolean;
  action: string;
  resource: string;
  subject: string;
}

/** Reviews of broken glass that are open, in the memory of every process: whoever looks for them finds them at once. */
export class Reviews {
  constructor(
    readonly registry: Pick<Registry, 'all' | 'get' | 'refresh'>,
    readonly now: () => Date,
  ) {}

  /** The longest overdue first. */
  open(): RegistryFact<KeptReview>[] {
    return this.registry
      .all<KeptReview>(REVIEW)
      .sort((one, other) => Date.parse(one.state.due_at) - Date.parse(other.state.due_at));
  }

  overdue(): RegistryFact<KeptReview>[] {
    const now = this.now().getTime();
    return this.open().filter(({ state }) => Date.parse(state.due_at) <= now);
  }

  /** Those of which the event that they are overdue is not on the record. */
  unsaid(): string[] {
    return this.overdue().flatMap(({ id, state }) => (state.overdue ? [] : [id]));
  }

  /** Whether nobody has looked in time at what this person did, with whichever account. */
  isBehind({ id, also = [] }: Person): boolean {
    return this.overdue().some(({ state }) => [id, ...also].some((one) => sameIdentity(one, state.by)));
  }

  /** What changes here with the events of a decision. */
  opened(id: string, after: Decision): RegistryChange[] {
    const { broke_glass, review, request } = after;
    if (!broke_glass || !review) return [];
    const { by, by_name, reason, ticket } = broke_glass;
    const kept: KeptReview = {
      ...{ by, by_name, reason, ...(ticket ? { ticket } : {}) },
      ...{ groups: review.groups, due_at: review.due_at, overdue: false },
      ...{ action: request.action.name, resource: request.resource.id, subject: request.subject.id },
    };
    return [{ kind: REVIEW, id, expected: 0, state: kept }];
  }

  closed(id: string): RegistryChange[] {
    const found = this.registry.get<KeptReview>(REVIEW, id);
    return found ? [{ kind: REVIEW, id, expected: found.version, state: null }] : [];
  }

  said(id: string): RegistryChange[] {
    const found = this.registry.get<KeptReview>(REVIEW, id);
    return found ? [{ kind: REVIEW, id, expected: found.version, state: { ...found.state, overdue: true } }] : [];
  }
}
