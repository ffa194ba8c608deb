import { mayNotDelegate, type Person } from '@countersign/approval';
import { StatusError, type SeatFact } from '@countersign/contract';
import type { Directory } from '@countersign/directory';
import { canonicalize, digestOf } from '@countersign/ledger';
import type { EventDraft, Registry, RegistryChange, Writer } from '@countersign/store';
import { newId } from '../ids.js';
import { DELEGATION, type DelegationFact, type HandedSeats, type KeptDelegation } from './handed-seats.js';

export interface HandingOverParts {
  seats: HandedSeats;
  registry: Registry;
  writer: Writer;
  directory: () => Directory;
  now: () => Date;
}

/** What a person says who hands over a seat; without a beginning it is at once. */
export interface Given {
  by: Person;
  to: string;
  group: string;
  startsAt?: string;
  until: string;
  reason: string;
}

/** How long an answer is kept back for other processes. */
const EVERYWHERE_MS = 5_000;

/** Hands seats over and takes them back: the standing fact and its event in one commit. */
export class HandingOver {
  constructor(readonly parts: HandingOverParts) {}

  /** Throws StatusError FAILED_PRECONDITION and NOT_FOUND. */
  async give({ by, to: id, group, startsAt, until, reason }: Given, traceId?: string): Promise<KeptDelegation> {
    const { seats, registry, directory, now } = this.parts;
    await registry.refresh();
    const to = directory().person(id);
    if (!to) throw new StatusError('NOT_FOUND', `to: there is nobody with the id ${id}`, { reason: 'NO_SUCH_PERSON' });
    const at = now();
    const saidAt = at.toISOString();
    // A beginning that has passed meanwhile is now: nothing is handed over backwards.
    const since = startsAt && Date.parse(startsAt) > at.getTime() ? startsAt : saidAt;
    const problem = mayNotDelegate({ by, to, group, since, until }, saidAt);
    if (problem) throw new StatusError('FAILED_PRECONDITION', problem.text, { reason: problem.code });
    const before = seats.all().find(({ state }) => state.by === by.id && state.group === group);
    if (before && Date.parse(before.state.until) > at.getTime()) throw handedOver(before.state);
    if (before) await this.end(before, {});
    const { id: by_id, name: by_name } = by;
    const told = { by: by_id, by_name, to: to.id, to_name: to.name, group, until, ...(reason ? { reason } : {}) };
    const isLater = since !== saidAt;
    const made = { ...told, since, ...(isLater ? { made_at: saidAt } : {}) };
    const kept: KeptDelegation = { id: newId('dlg', at.getTime()), ...made };
    const fact: SeatFact = { type: 'seat.delegated', ...told, ...(isLater ? { starts_at: since } : {}) };
    // One key for one seat: of two processes that are asked at once, one is too late.
    const change = { kind: DELEGATION, id: digestOf(canonicalize([by.id, group])), expected: 0, state: kept };
    if (await this.#write(kept.id, event(fact, at, 1, traceId), change)) return kept;
    throw handedOver(kept);
  }

  /** Ends one that is there; without a person its time is over. False: somebody was faster. */
  end({ id, version, state }: DelegationFact, { by, traceId }: { by?: Person; traceId?: string }): Promise<boolean> {
    const { by: whose, to, group } = state;
    const fact: SeatFact = { type: 'seat.delegation_ended', by: whose, to, group, ...(by ? { ended_by: by.id } : {}) };
    const gone = { kind: DELEGATION, id, expected: version, state: null };
    return this.#write(state.id, event(fact, this.parts.now(), 2, traceId), gone);
  }

  /** Puts on the record that the time of some is over. */
  async sweep(): Promise<void> {
    const { seats, now } = this.parts;
    const at = now().getTime();
    for (const one of seats.all()) if (Date.parse(one.state.until) <= at) await this.end(one, {});
  }

  inEffectEverywhere(): Promise<boolean> {
    return this.parts.registry.seenEverywhere(EVERYWHERE_MS);
  }

  async #write(stream: string, draft: EventDraft, change: RegistryChange): Promise<boolean> {
    const { writer, registry } = this.parts;
    const written = await writer.write({ decisionId: stream, events: [draft], registry: [change] });
    await registry.refresh();
    return written === 'written';
  }
}

function handedOver({ to_name, until, group }: KeptDelegation): StatusError {
  const text = `your seat in ${group} is handed over already, to ${to_name} until ${until}: end that first`;
  return new StatusError('FAILED_PRECONDITION', text, { reason: 'SEAT_HANDED_OVER' });
}

function event({ type, ...data }: SeatFact, at: Date, version: number, traceId?: string): EventDraft {
  const trace = traceId ? { traceId } : {};
  return { id: newId('evt', at.getTime()), type, at: at.toISOString(), version, data: canonicalize(data), ...trace };
}
