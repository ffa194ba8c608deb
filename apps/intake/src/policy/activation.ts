import type { Decision as CoreDecision } from '@countersign/approval';
import { Fault, StatusError, type Decision } from '@countersign/contract';
import type { Directory } from '@countersign/directory';
import { canonicalize, digestOf } from '@countersign/ledger';
import { diffBundles, recordedChanges, type Bundle, type Policy } from '@countersign/policy';
import type { Log } from '@countersign/service';
import type { Decider } from '../decider.js';
import type { Decisions } from '../decisions.js';
import { redeeming } from '../redeeming.js';
import { refusedStatus } from '../refusals.js';
import { toDecision } from '../reply.js';
import { fact, factEvent } from './fact.js';
import type { ServedBundles } from './served.js';
import {
  agentOf,
  askedOf,
  loosenedBy,
  recorded,
  requireMine,
  stored,
  textsOf,
  type Change,
  type Wish,
} from './wish.js';

export interface ActivationParts {
  decider: Decider;
  decisions: Decisions;
  policy: Policy;
  directory: () => Directory;
  served: ServedBundles;
  log: Log;
}

export interface Activated {
  decision: Decision;
  activated: boolean;
}

/** Stands for an author where nobody uploaded anything: it is no person's id. */
const NOBODY = 'countersign';

/**
 * Which bundle serves is decided like any other action, by the policy that serves and the people it asks. The permission is
 * used up, the bundle activated and both recorded in one transaction, or none of it happens.
 */
export class Activation {
  constructor(readonly parts: ActivationParts) {}

  /** Denied and pending are answers. Throws StatusError FAILED_PRECONDITION and ABORTED when the world is another by now. */
  run(wish: Wish): Promise<Activated> {
    return wish.decisionId ? this.#use(wish) : this.#ask(wish);
  }

  async #ask(wish: Wish): Promise<Activated> {
    const change = await this.#change(wish);
    const tried = loosenedBy(await this.parts.policy.shadowReport(), wish.revision);
    const seen = { ...wish, ...(tried === undefined ? {} : { loosened: tried }) };
    const decision = await this.parts.decider.decide(askedOf(seen, textsOf(seen, change)), wish.traceId);
    if (!decision.mayAct) return { decision, activated: false };
    // Policy lets it happen at once. With a grant, that is what is used up; without one there is nothing to use up.
    if (decision.grant) return this.#redeem({ ...seen, decisionId: decision.id }, change);
    const { writer, now } = this.parts.decisions;
    const at = now().toISOString();
    const activation = stored(wish, change, decision.id, at);
    const event = recorded(wish, change, decision.id);
    const written = await writer.write({ ...fact(event, at, wish.traceId), policy: { activation } });
    if (written !== 'written') throw overtaken();
    await this.#serving(wish);
    return { decision: await this.#reported(wish, decision.id), activated: true };
  }

  async #use(wish: Wish): Promise<Activated> {
    const { decision } = await this.parts.decisions.load(wish.decisionId);
    requireMine(decision, wish);
    if (decision.status === 'PENDING' || decision.status === 'DENIED' || decision.status === 'WITHDRAWN') {
      return { decision: toDecision(decision), activated: false };
    }
    const {
      from,
      reason = '',
      loosened,
    } = decision.request.action.properties as Pick<Wish, 'loosened'> & {
      from: string;
      reason?: string;
    };
    // What was approved is what is compared: the reason was part of it, and what had been seen by then.
    const same = { ...wish, reason, ...(loosened === undefined ? {} : { loosened }) };
    // A permission that is used up, expired or taken back is refused as that, whatever serves by now.
    const { revision } = await this.parts.served.now();
    if (decision.status === 'ALLOWED' && revision !== from) throw servesAnother(decision.id);
    return this.#redeem(same, await this.#change(same, decision.status !== 'ALLOWED'));
  }

  async #redeem(wish: Wish, change: Change): Promise<Activated> {
    const { decisions, policy } = this.parts;
    const id = wish.decisionId;
    const { decision: before } = await decisions.load(id);
    const use = redeeming(
      { policy, directory: this.parts.directory, decisions },
      { by: wish.by.id, grantId: grantOf(before), texts: textsOf(wish, change), agent: () => agentOf(wish.by) },
    );
    const { refused } = await decisions.run(
      id,
      async (decision) => {
        await this.#requireServing(change, decision);
        return use(decision);
      },
      {
        ...(wish.traceId ? { traceId: wish.traceId } : {}),
        alongside: (events, at) =>
          events.some(({ type }) => type === 'grant.redeemed')
            ? {
                events: [factEvent(recorded(wish, change, id), at, wish.traceId)],
                policy: { activation: stored(wish, change, id, at) },
              }
            : undefined,
      },
    );
    if (refused) throw refusedStatus(refused, id);
    await this.#serving(wish);
    return { decision: await this.#reported(wish, id), activated: true };
  }

  /** Looked at again before each attempt to commit; the commit itself looks once more. */
  async #requireServing({ served }: Change, decision: CoreDecision): Promise<void> {
    if (decision.status === 'ALLOWED' && (await this.parts.served.now()).revision !== served.revision)
      throw servesAnother(decision.id);
  }

  /** What happened is known here, so nobody has to report it. It is no part of what was decided, and may be missing. */
  async #reported({ by, revision, traceId }: Wish, id: string): Promise<Decision> {
    const { decisions, log } = this.parts;
    const command = { type: 'report' as const, by: by.id, success: true, summary: `${revision} serves` };
    const { decision } = await decisions.run(id, command, traceId ? { traceId } : {}).catch((error: unknown) => {
      log.warn({ id, cause: (error as Error).message }, 'that a policy was activated could not be reported');
      return decisions.load(id);
    });
    return toDecision(decision);
  }

  /** A moment for this process to follow, so that who was told goes on under the new policy. It is not waited for longer. */
  async #serving({ revision }: Wish): Promise<void> {
    const { policy } = this.parts;
    for (let waited = 0; waited < 40 && policy.revision !== revision; waited++)
      await new Promise((resolve) => setTimeout(resolve, 50));
  }

  /** Throws StatusError NOT_FOUND, and FAILED_PRECONDITION when there is nothing to change or no way to. */
  async #change({ revision }: Wish, again = false): Promise<Change> {
    const { bundles } = this.parts.served;
    const served = await this.parts.served.now();
    if (served.revision === revision && !again) {
      throw new StatusError('FAILED_PRECONDITION', `${revision} serves already`, { reason: 'SERVES_ALREADY' });
    }
    // What serves without having been activated is kept as well, so that there is a way back to it.
    if (!served.stored) await this.#keepFirst();
    const bundle = await bundles.find(revision);
    if (!bundle) {
      throw new StatusError('NOT_FOUND', `there is no bundle ${revision}: upload it first`, {
        reason: 'NO_SUCH_BUNDLE',
      });
    }
    const [before, after] = [await this.#readable(served.revision), await this.#readable(revision)];
    // What serves at the start may be unsigned because it is shipped; from the database it would be taken by nobody.
    if (this.parts.served.supply.keys && after.signedBy === undefined) {
      throw new StatusError('FAILED_PRECONDITION', `${revision} is not signed: only signed policies may serve here`, {
        reason: 'BUNDLE_NOT_SIGNED',
      });
    }
    return {
      bundle,
      served,
      changes: recordedChanges(diffBundles(before, after), served.revision),
      archiveDigest: digestOf(after.archive),
    };
  }

  async #keepFirst(): Promise<void> {
    const { revision, archive, areas } = await this.parts.served.first();
    const changes = {
      from: revision,
      summary: 'no difference',
      packages: [],
      data_changed: false,
      code_changed: false,
    };
    const note = 'served before any other was activated';
    const at = this.parts.decisions.now().toISOString();
    const upload = { revision, author: NOBODY, note, areas, size: archive.length, changes: canonicalize(changes), at };
    await this.parts.served.bundles.keep(upload, archive);
  }

  /** A bundle that cannot be read any more is nothing that could be compared or served. */
  async #readable(revision: string): Promise<Bundle> {
    try {
      return await this.parts.served.read(revision);
    } catch (error) {
      if (!(error instanceof Fault) || error.retryable) throw error;
      throw new StatusError('FAILED_PRECONDITION', `${revision} cannot serve: ${error.message}`, {
        reason: 'BUNDLE_UNREADABLE',
      });
    }
  }
}

function grantOf(decision: CoreDecision): string {
  return 'grant' in decision && decision.grant ? decision.grant.id : '';
}

function servesAnother(id: string): StatusError {
  return new StatusError('FAILED_PRECONDITION', 'another bundle serves now than when this was decided: ask again', {
    reason: 'SERVING_CHANGED',
    metadata: { decision_id: id },
  });
}

function overtaken(): StatusError {
  return new StatusError('ABORTED', 'somebody else has activated another bundle meanwhile: look at it, and ask again', {
    reason: 'SERVING_CHANGED',
  });
}
