import type { Decision, Related } from '@countersign/approval';
import { quote } from '@countersign/ledger';
import type { RelatedReader } from '@countersign/store';
import { fold } from './decisions.js';
import { actorOf } from './history.js';
import { idBefore } from './ids.js';

const DAY_MS = 86_400_000;
const ALIKE_MS = 30 * DAY_MS;
/** What a session did longer ago is not what it did just before. */
const SESSION_MS = DAY_MS;

/** Finds what stands beside a request: what its session did before, and what came of requests like it. */
export class Beside {
  constructor(
    readonly reader: RelatedReader,
    readonly now: () => Date,
  ) {}

  async of(decision: Decision): Promise<Related> {
    const { subjectId, session } = actorOf(decision);
    const { name: action } = decision.request.action;
    const [alike, before] = await Promise.all([
      this.reader.alike({ id: decision.id, subjectId, action, since: idBefore(this.now().getTime() - ALIKE_MS) }),
      session ? this.#session(decision, session) : [],
    ]);
    return { session: before, alike: alike.states.map((text) => JSON.parse(text) as Decision), more: alike.more };
  }

  /** A text is found wherever it stands, also in another's words: what counts is what the decision itself says. */
  async #session(decision: Decision, session: string): Promise<Decision[]> {
    const since = idBefore(Date.parse(decision.created_at) - SESSION_MS);
    const ids = await this.reader.mentioning(decision.id, since, `"session_id":${quote(session)}`);
    const bodies = new Map<string, Buffer[]>();
    for (const { decision_id, body } of await this.reader.events(ids))
      bodies.set(decision_id, [...(bodies.get(decision_id) ?? []), body]);
    const [subjectId, asked] = [decision.request.subject.id, Date.parse(decision.created_at)];
    return [...bodies.values()].flatMap((events) => {
      const other = fold(events);
      if (!other || Date.parse(other.created_at) > asked) return [];
      const actor = actorOf(other);
      return actor.subjectId === subjectId && actor.session === session ? [other] : [];
    });
  }
}
