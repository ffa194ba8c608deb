import { inForce, stopOf, type ActionRequest, type Stop } from '@countersign/approval';
import type { Registry, RegistryFact } from '@countersign/store';

/** The kind under which stops are kept as standing facts. */
export const STOP = 'stop';
const KINDS = [STOP];

/** A stop as it is kept. */
export interface KeptStop extends Omit<Stop, 'id'> {
  /** False while something in its scope may still wait or be permitted. */
  finished: boolean;
}

/**
 * What is stopped, as this process knows it. It answers from memory and at once, so that whoever asks immediately before a
 * write is accepted is in time: a stop is in effect in this process once what was accepted before is on the record.
 */
export class Stops {
  #seq = -1;
  #stops: Stop[] = [];

  constructor(readonly registry: Pick<Registry, 'all' | 'get' | 'seqOf'>) {}

  /** The stop that this request comes under at this time. `request` is only asked for where there is a stop at all. */
  of(request: () => ActionRequest, at: string): Stop | undefined {
    const stops = this.#all();
    return stops.length === 0 ? undefined : stopOf(stops, request(), at);
  }

  /** Those in force, the oldest first. */
  inForce(at: string): Stop[] {
    return this.#all().filter((stop) => inForce(stop, at));
  }

  find(id: string): RegistryFact<KeptStop> | undefined {
    return this.registry.get<KeptStop>(STOP, id);
  }

  kept(): RegistryFact<KeptStop>[] {
    return this.registry.all<KeptStop>(STOP);
  }

  #all(): Stop[] {
    const seq = this.registry.seqOf(KINDS);
    if (seq !== this.#seq) {
      // Ids sort by time.
      this.#stops = this.kept()
        .map(({ id, state }) => stopIn(id, state))
        .sort((one, other) => (one.id < other.id ? -1 : 1));
      this.#seq = seq;
    }
    return this.#stops;
  }
}

export function stopIn(id: string, { finished: _, ...stop }: KeptStop): Stop {
  return { id, ...stop };
}
