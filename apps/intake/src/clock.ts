import { groupsOf, nextDue, type Command, type Decision } from '@countersign/approval';
import type { Directory } from '@countersign/directory';
import type { Log } from '@countersign/service';
import type { Decisions } from './decisions.js';

const LOOK_EVERY_MS = 1_000;
const BATCH = 200;

/**
 * Does what time does: reminds, asks further people, ends. The next time is in the table, so a restart forgets nothing, and
 * several processes may look at the same row: one transition wins, the others find it done. No end depends on this timer; a
 * late click loses without it.
 */
export class Clock {
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #busy: Promise<void> = Promise.resolve();

  constructor(
    readonly decisions: Decisions,
    readonly directory: () => Directory,
    readonly log: Log,
    /** What else has a time to end. */
    readonly others: () => Promise<void> = async () => undefined,
  ) {}

  start(): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#busy = this.#look().finally(() => this.start());
    }, LOOK_EVERY_MS);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#busy;
  }

  async #look(): Promise<void> {
    try {
      const ids = await this.decisions.reader.due(this.decisions.now().toISOString(), BATCH);
      for (const id of ids) await this.#strike(id);
      await this.others();
    } catch (error) {
      this.log.warn({ cause: (error as Error).message }, 'what is due cannot be looked for');
    }
  }

  /** One that cannot be recorded must not keep those behind it waiting. */
  async #strike(id: string): Promise<void> {
    try {
      await this.decisions.run(id, (decision) => this.#next(decision));
    } catch (error) {
      this.log.warn({ id, cause: (error as Error).message }, 'what is due for a decision cannot be recorded yet');
    }
  }

  #next(decision: Decision): Command {
    const due = nextDue(decision)?.type;
    if (due === undefined || due === 'expire') return { type: 'expire' };
    const directory = this.directory();
    const { terms } = decision.approval!;
    const owner = directory.agent(decision.request.subject.id)?.owner;
    const now = { calendars: directory.calendars, ...(owner === undefined ? {} : { owner }) };
    if (due === 'remind') return { type: 'remind', members: directory.membersOf(groupsOf(terms)), ...now };
    const groups = terms.escalate![0]!.seats.map(({ group }) => group);
    return {
      type: 'escalate',
      members: directory.membersOf(groups),
      destinations: directory.destinationsOf(groups),
      ...now,
    };
  }
}
