import { setTimeout as sleep } from 'node:timers/promises';
import { mayNotResume, mayNotStop, noRoomToStop, type Person, type Stop, type StopScope } from '@countersign/approval';
import { StatusError, type GateFact } from '@countersign/contract';
import type { Directory } from '@countersign/directory';
import { canonicalize } from '@countersign/ledger';
import type { EventDraft, Registry, RegistryChange, Writer } from '@countersign/store';
import { newId } from '../ids.js';
import { refusedStatus } from '../refusals.js';
import { isOperator } from './operators.js';
import { STOP, stopIn, type KeptStop, type Stops } from './stops.js';

export interface StoppingParts {
  stops: Stops;
  registry: Registry;
  writer: Writer;
  directory: () => Directory;
  now: () => Date;
}

export interface Placing {
  scope: StopScope;
  by: Person;
  reason: string;
  until?: string;
  security: boolean;
}

/** How long the answer is kept back for other processes. */
const EVERYWHERE_MS = 5_000;

/** Places and lifts stops: the standing fact and its event in one commit. */
export class Stopping {
  constructor(readonly parts: StoppingParts) {}

  /** Throws StatusError PERMISSION_DENIED and RESOURCE_EXHAUSTED. */
  async place({ scope, by, reason, until, security }: Placing, traceId?: string): Promise<Stop> {
    const { stops, registry, now } = this.parts;
    await registry.refresh();
    const actor = { person: by, operator: isOperator(by), owner: this.#ownerOf(scope) };
    const refused = mayNotStop(scope, actor);
    if (refused) throw refusedStatus(refused);
    const at = now().toISOString();
    const said = { scope, by: by.id, reason, ...(until ? { until } : {}), ...(security ? { security: true } : {}) };
    // Whoever is in a hurry presses twice.
    const same = stops.inForce(at).find((stop) => isSame(stop, said));
    if (same) return same;
    const others = stops.kept().map(({ state }) => state);
    const full = noRoomToStop(scope, actor, others);
    if (full) throw refusedStatus(full);
    const id = newId('stp', Date.parse(at));
    const kept: KeptStop = { ...said, by_name: by.name, at, finished: false };
    const { finished: _, at: __, security: ___, ...told } = kept;
    const fact: GateFact = { type: 'gate.stopped', ...told, ...(security ? { security: true } : {}) };
    await this.#write(id, [event(fact, at, 1, traceId)], { kind: STOP, id, expected: 0, state: kept });
    return stopIn(id, kept);
  }

  /** Throws StatusError NOT_FOUND and PERMISSION_DENIED. */
  async resume(id: string, by: Person, reason: string, traceId?: string): Promise<Stop> {
    const { stops, registry, now } = this.parts;
    for (;;) {
      await registry.refresh();
      const found = stops.find(id);
      if (!found) throw new StatusError('NOT_FOUND', `there is no stop ${id} in force`, { reason: 'NO_SUCH_STOP' });
      const stop = stopIn(id, found.state);
      const owner = this.#ownerOf(stop.scope);
      const refused = mayNotResume(stop, { person: by, operator: isOperator(by), owner });
      if (refused) throw refusedStatus(refused);
      const at = now().toISOString();
      const fact: GateFact = { type: 'gate.resumed', scope: stop.scope, by: by.id, by_name: by.name, reason };
      const gone = { kind: STOP, id, expected: found.version, state: null };
      if (await this.#write(id, [event(fact, at, 2, traceId)], gone)) return stop;
      await sleep(20);
    }
  }

  /** Its time is over. False: somebody was faster. */
  end(id: string, version: number, { scope }: KeptStop): Promise<boolean> {
    const over = event({ type: 'gate.resumed', scope }, this.parts.now().toISOString(), 2);
    return this.#write(id, [over], { kind: STOP, id, expected: version, state: null });
  }

  /** Nothing in its scope waits or is permitted any more. */
  finish(id: string, version: number, kept: KeptStop): Promise<boolean> {
    return this.#write(id, [], { kind: STOP, id, expected: version, state: { ...kept, finished: true } });
  }

  /** Whether every process acts by what was changed up to now. */
  inEffectEverywhere(): Promise<boolean> {
    return this.parts.registry.seenEverywhere(EVERYWHERE_MS);
  }

  async #write(id: string, events: EventDraft[], change: RegistryChange): Promise<boolean> {
    return (await this.parts.writer.write({ decisionId: id, events, registry: [change] })) === 'written';
  }

  #ownerOf(scope: StopScope): string | undefined {
    return 'agent' in scope ? this.parts.directory().agent(scope.agent)?.owner : undefined;
  }
}

function isSame(stop: Stop, said: Pick<Stop, 'scope' | 'by' | 'reason' | 'until' | 'security'>): boolean {
  const told = ({ scope, by, reason, until, security }: typeof said) =>
    canonicalize({ scope, by, reason, until: until ?? '', security: security ?? false });
  return told(stop) === told(said);
}

function event({ type, ...data }: GateFact, at: string, version: number, traceId?: string): EventDraft {
  const trace = traceId ? { traceId } : {};
  return { id: newId('evt', Date.parse(at)), type, at, version, data: canonicalize(data), ...trace };
}
