import { create } from '@bufbuild/protobuf';
import type { Person } from '@countersign/approval';
import { DelegationSchema, StatusError, type ApprovalService, type Delegation } from '@countersign/contract';
import type { Caller, Directory } from '@countersign/directory';
import type { Handlers } from '@countersign/service';
import { personNow, requirePerson } from '../people/who.js';
import { at } from '../reply.js';
import { Violations } from '../violations.js';
import type { HandedSeats, KeptDelegation } from './handed-seats.js';
import type { HandingOver } from './handing-over.js';

export interface SeatApiParts {
  seats: HandedSeats;
  handing: HandingOver;
  directory: () => Directory;
  now: () => Date;
}

type SeatHandlers = Pick<
  Handlers<typeof ApprovalService, Caller>,
  'DelegateSeat' | 'ListDelegations' | 'EndDelegation'
>;

/** What people say about their own seats. Nobody hands over the seat of somebody else, whatever their role. */
export class SeatApi {
  constructor(readonly parts: SeatApiParts) {}

  readonly handlers: SeatHandlers = {
    DelegateSeat: async ({ to, group, startsAt, until, reason }, { caller, traceId }) => {
      const by = this.#person(caller);
      const found = new Violations();
      found.text('to', to, 256);
      if (!to) found.add('to', 'is required: the id of a person');
      found.text('group', group, 256);
      if (!group) found.add('group', 'is required: one of your groups');
      found.text('reason', reason, 1_000);
      if (!until) found.add('until', 'is required');
      const [begins, ends] = [found.time('starts_at', startsAt), found.time('until', until)];
      found.settle();
      const beginning = begins ? { startsAt: begins.toISOString() } : {};
      const given = { by, to, group, reason, until: ends!.toISOString(), ...beginning };
      const kept = await this.parts.handing.give(given, traceId);
      await this.parts.handing.inEffectEverywhere();
      return { id: kept.id, delegation: message(kept) };
    },
    ListDelegations: async (_, { caller }) => {
      const person = this.#person(caller);
      await this.parts.handing.parts.registry.refresh();
      const mine = this.parts.seats.current(this.parts.now()).filter(({ state }) => isOf(state, person));
      return { delegations: mine.map(({ state }) => message(state)) };
    },
    EndDelegation: async ({ id }, { caller, traceId }) => {
      const by = this.#person(caller);
      const { seats, handing, now } = this.parts;
      await handing.parts.registry.refresh();
      const found = seats.current(now()).find(({ state }) => state.id === id);
      if (!found || !isOf(found.state, by) || !(await handing.end(found, { by, ...(traceId ? { traceId } : {}) })))
        throw new StatusError('NOT_FOUND', `there is no hand-over ${id} of yours`, { reason: 'NO_SUCH_DELEGATION' });
      return { delegation: message(found.state), inEffectEverywhere: await handing.inEffectEverywhere() };
    },
  };

  #person(caller: Caller): Person {
    return personNow(requirePerson(caller, 'agents have no seats'), this.parts.directory());
  }
}

function isOf({ by, to }: KeptDelegation, person: Person): boolean {
  return by === person.id || to === person.id;
}

function message({ id, by, by_name, to, to_name, group, since, until, reason }: KeptDelegation): Delegation {
  return create(DelegationSchema, {
    ...{ id, by, byName: by_name, to, toName: to_name, group, reason: reason ?? '' },
    since: at(since),
    until: at(until),
  });
}
