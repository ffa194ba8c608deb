import {
  callOf,
  evolve,
  floodNotice,
  standInNotice,
  type ApprovalEscalated,
  type ApprovalReminded,
  type Call,
  type Decision,
  type DecisionHeld,
  type Recorded,
} from '@countersign/approval';
import type { Log } from '@countersign/service';
import type { Bus, Received, Subscription } from '@countersign/bus';
import { EVENTS_TOPIC, NOTIFIER_GROUP, type AgentFlooding } from '@countersign/contract';
import type { Folded, Note, Notice, Notices, Requests } from '@countersign/store';

/** What people are asked, or must be told of although nobody was asked. */
const BEGINS: ReadonlySet<string> = new Set(['decision.held', 'decision.broke_glass']);

/** Follows decisions that people were asked about, and says what their messages should show. Never waits for a channel. */
export class Consumer {
  private subscription: Subscription | undefined;

  constructor(
    private readonly parts: {
      bus: Bus;
      requests: Requests;
      notices: Notices;
      /** URL of the inbox. Absent: messages do not lead there. */
      inbox?: string | undefined;
      log: Log;
      wake: () => void;
    },
  ) {}

  async start(): Promise<void> {
    this.subscription = await this.parts.bus.subscribe({
      topic: EVENTS_TOPIC,
      group: NOTIFIER_GROUP,
      handle: (batch) => this.handle(batch),
    });
  }

  async stop(): Promise<void> {
    await this.subscription?.stop();
  }

  async handle(batch: Received[]): Promise<void> {
    const events = batch.map((message) => this.parse(message)).filter((event) => event !== undefined);
    const ids = [...new Set(events.map((event) => event.decision_id))];
    if (ids.length === 0) return;
    await this.parts.notices.put(events.flatMap(noticesOf));
    await this.parts.requests.fold(ids, (known) => this.fold(known, events));
    this.parts.wake();
  }

  /** The decisions that changed. Most decisions need nobody: their events begin nothing here. */
  private fold(known: Map<string, Decision>, events: Recorded[]): Folded[] {
    const changed = new Map<string, Folded>();
    for (const event of events) {
      const before = known.get(event.decision_id);
      if (!before && !BEGINS.has(event.type)) continue;
      // The same event comes more than once by design, and never changes anything the second time.
      if (before && event.version <= before.version) continue;
      if (before && event.version > before.version + 1) {
        this.parts.log.warn({ decision_id: before.id, have: before.version, got: event.version }, 'events are missing');
      }
      const after = evolve(before, event);
      if (!after) continue;
      known.set(after.id, after);
      const { notes = [], notices = [] } = changed.get(after.id) ?? {};
      changed.set(after.id, {
        decision: after,
        notes: [...notes, ...notesOf(event)],
        notices: [...notices, ...this.standInsOf(event, after)],
      });
    }
    return [...changed.values()];
  }

  /** Those who hold the seats of others, each by themselves: nobody knows whether they are where the card is. */
  private standInsOf({ type, data }: Recorded, decision: Decision): Notice[] {
    if (type !== 'decision.held' && type !== 'approval.escalated') return [];
    const { asked } = data as DecisionHeld | ApprovalEscalated;
    const { inbox } = this.parts;
    const link = inbox ? { link: `${inbox}/${encodeURIComponent(decision.id)}` } : {};
    return asked
      .filter(({ standing_in }) => standing_in)
      .flatMap((one) =>
        (one.accounts ?? []).map((account) => ({
          id: `${decision.id}/${decision.version}`,
          ...account,
          text: standInNotice(decision, one),
          ...link,
        })),
      );
  }

  /** A message that is no event cannot be healed by reading it again, so it is named and passed over. */
  private parse(message: Received): Recorded | undefined {
    try {
      const event = JSON.parse(message.value.toString('utf8')) as Recorded;
      if (typeof event.decision_id === 'string' && Number.isInteger(event.version) && typeof event.data === 'object')
        return event;
    } catch {
      // Named below.
    }
    this.parts.log.error(
      { topic: message.topic, partition: message.partition, offset: message.offset },
      'message is not an event',
    );
    return undefined;
  }
}

/** What people are told directly. A stream of one event names what is said. */
function noticesOf({ type, decision_id, data }: Recorded): Notice[] {
  if (type !== ('agent.flooding' satisfies AgentFlooding['type'])) return [];
  const flooding = data as AgentFlooding;
  return flooding.accounts.map((account) => ({ id: decision_id, ...account, text: floodNotice(flooding) }));
}

/** What people are told of beside the card. Whom it does not name, it does not disturb. */
function notesOf({ type, version, data }: Recorded): Note[] {
  const call =
    type === 'approval.reminded'
      ? (data as ApprovalReminded)
      : type === 'approval.escalated'
        ? callOf((data as ApprovalEscalated).asked)
        : undefined;
  const { people = [] } = call ?? ({} as Call);
  if (!call || people.length === 0) return [];
  return [{ version, says: call, groups: [...new Set(people.flatMap(({ groups }) => groups))] }];
}
