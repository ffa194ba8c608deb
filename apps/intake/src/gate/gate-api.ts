import { create } from '@bufbuild/protobuf';
import { saysNothing, type Person, type Stop, type StopScope } from '@countersign/approval';
import { StopSchema, type GateService, type Stop as StopMessage, type StopActionsRequest } from '@countersign/contract';
import type { Caller, Directory } from '@countersign/directory';
import type { Handlers } from '@countersign/service';
import { forPeople, personNow, requirePerson } from '../people/who.js';
import { at } from '../reply.js';
import { Violations } from '../violations.js';
import type { Stopping } from './stopping.js';
import type { StopWork } from './stop-work.js';
import type { Stops } from './stops.js';

const NOT_AGENTS = 'agents cannot stop, resume or see stops';

export interface GateApiParts {
  stops: Stops;
  stopping: Stopping;
  work: StopWork;
  directory: () => Directory;
  now: () => Date;
}

/** GateService: people stop, and people resume. Agents have no say in it. */
export class GateApi {
  constructor(readonly parts: GateApiParts) {}

  readonly handlers: Handlers<typeof GateService, Caller> = {
    StopActions: async (request, { caller, traceId }) => {
      const by = this.#person(caller);
      const { stopping, work } = this.parts;
      const stop = await stopping.place({ ...this.#readStop(request), by }, traceId);
      const inEffectEverywhere = await stopping.inEffectEverywhere();
      work.begin(stop.id);
      return { stop: this.#message(stop), inEffectEverywhere };
    },
    ResumeActions: async ({ id, reason }, { caller, traceId }) => {
      const by = this.#person(caller);
      const found = new Violations();
      if (!STOP_ID.test(id)) found.add('id', 'is not the id of a stop: "stp_" and 26 characters');
      reasonIn(reason, found);
      found.settle();
      const stop = await this.parts.stopping.resume(id, by, reason, traceId);
      return { stop: this.#message(stop), inEffectEverywhere: await this.parts.stopping.inEffectEverywhere() };
    },
    ListStops: async (_, { caller }) => {
      if (caller.kind === 'agent') throw forPeople(NOT_AGENTS);
      const { stops, stopping, now } = this.parts;
      await stopping.parts.registry.refresh();
      return { stops: stops.inForce(now().toISOString()).map((stop) => this.#message(stop)) };
    },
  };

  /** Throws StatusError INVALID_ARGUMENT with everything that is wrong. */
  #readStop({ agent, area, all, reason, until, security }: StopActionsRequest) {
    const found = new Violations();
    const scopes: StopScope[] = [
      ...(agent ? [{ agent }] : []),
      ...(area ? [{ area }] : []),
      ...(all ? [{ all: true } as const] : []),
    ];
    if (scopes.length !== 1) found.add('all', 'exactly one of agent, area and all says what to stop');
    found.text('agent', agent, 256);
    if (agent && !this.parts.directory().agent(agent)) found.add('agent', 'is not an agent in the directory');
    if (area.includes('.')) found.add('area', `is one segment of a name: write "${area.split('.')[0]}"`);
    found.text('area', area, 256);
    reasonIn(reason, found);
    const end = found.time('until', until);
    if (end && !(end.getTime() > this.parts.now().getTime())) found.add('until', 'is not in the future');
    found.settle();
    return { scope: scopes[0]!, reason, security, ...(end ? { until: end.toISOString() } : {}) };
  }

  #person(caller: Caller): Person {
    return personNow(requirePerson(caller, NOT_AGENTS), this.parts.directory());
  }

  #message({ id, scope, reason, by, by_name, at: placed, until, security }: Stop): StopMessage {
    return create(StopSchema, {
      ...scope,
      id,
      reason,
      by,
      byName: by_name,
      createdAt: at(placed),
      ...(until ? { until: at(until) } : {}),
      security: security ?? false,
      finished: this.parts.stops.find(id)?.state.finished ?? false,
    });
  }
}

const STOP_ID = /^stp_[0-9a-hjkmnp-tv-z]{26}$/;

function reasonIn(reason: string, found: Violations): void {
  found.text('reason', reason, 1_000);
  if (saysNothing(reason)) found.add('reason', 'is required: say why');
}
