import { create } from '@bufbuild/protobuf';
import { ACTIVATION, type Agent, type Decision as CoreDecision, type Person } from '@countersign/approval';
import {
  ActionSchema,
  Fault,
  invalidArgument,
  ResourceSchema,
  StatusError,
  SubjectSchema,
  type Decision,
  type PolicyActivated,
  type RecordedChanges,
} from '@countersign/contract';
import type { Directory } from '@countersign/directory';
import { canonicalize, digestOf } from '@countersign/ledger';
import { diffBundles, recordedChanges, type Bundle, type Policy, type ShadowReport } from '@countersign/policy';
import type { Log } from '@countersign/service';
import type { Activation as StoredActivation, StoredBundle } from '@countersign/store';
import { readAction, type ActionTexts } from '../action.js';
import type { Asked } from '../ask.js';
import type { Decider } from '../decider.js';
import type { Decisions } from '../decisions.js';
import { redeeming } from '../redeeming.js';
import { refusedStatus } from '../refusals.js';
import { toDecision } from '../reply.js';
import { Violations } from '../violations.js';
import { changeCounts, changeLines } from './change-text.js';
import { fact, factEvent } from './fact.js';
import type { Served, ServedBundles } from './served.js';

export interface ActivationParts {
  decider: Decider;
  decisions: Decisions;
  policy: Policy;
  directory: () => Directory;
  served: ServedBundles;
  log: Log;
}

/** Who wants which bundle to serve, and why. */
export interface Wish {
  by: Person;
  revision: string;
  rollback: boolean;
  reason: string;
  /** The decision that is to allow it, if people were asked before. */
  decisionId: string;
  /** Requests it was seen to answer more loosely, if it was tried beside what serves. */
  loosened?: number;
  traceId?: string;
}

export interface Activated {
  decision: Decision;
  activated: boolean;
}

/** Everything an activation depends on: what it is decided by, recorded with, and committed against. */
interface Change {
  bundle: StoredBundle;
  served: Served;
  changes: RecordedChanges;
  archiveDigest: string;
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
    const decision = await this.parts.decider.decide(asked(seen, texts(seen, change)), wish.traceId);
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
      { by: wish.by.id, grantId: grantOf(before), texts: texts(wish, change), agent: () => agentOf(wish.by) },
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

/** A person who changes policy stands where an agent does, and answers for it: they own the wish and never approve it. */
function agentOf({ id, name, groups }: Person): Agent {
  return { id, owner: id, owner_name: name, groups: [...groups] };
}

/** The action in canonical form. The same wish under the same circumstances is the same action, to the byte. */
function texts({ by, revision, rollback, reason, loosened }: Wish, { bundle, served, changes }: Change): ActionTexts {
  const args = {
    author: bundle.author,
    from: served.revision,
    to: revision,
    rollback,
    ...(reason ? { reason } : {}),
    ...(bundle.note ? { note: bundle.note } : {}),
    summary: changes.summary,
    ...(loosened === undefined ? {} : { loosened }),
    changes: changeCounts(changes),
    rules: changeLines(changes),
  };
  const found = new Violations();
  return readAction(
    {
      subject: create(SubjectSchema, { type: 'person', id: by.id }),
      action: create(ActionSchema, { name: ACTIVATION }),
      resource: create(ResourceSchema, { type: 'policy_bundle', id: revision }),
      argumentsForm: { case: 'argumentsJson', value: canonicalize(args) },
      contextForm: { case: undefined },
    },
    by.id,
    [],
    found,
  );
}

function asked({ by }: Wish, action: ActionTexts): Asked {
  return {
    ...action,
    agent: agentOf(by),
    principal: '',
    justification: '',
    requestId: '',
    submittedBy: '',
    audience: '',
    holderKey: '',
    waitMs: 0,
    dryRun: false,
  };
}

function stored(wish: Wish, { served }: Change, decisionId: string, at: string): StoredActivation {
  const { revision, by } = wish;
  return { revision, from: served.revision, fromStored: served.stored, by: by.id, at, decisionId };
}

function recorded({ by, revision, rollback, reason }: Wish, change: Change, decisionId: string): PolicyActivated {
  return {
    type: 'policy.activated',
    revision,
    previous: change.served.revision,
    by: by.id,
    by_name: by.name,
    author: change.bundle.author,
    rollback,
    ...(reason ? { reason } : {}),
    decision_id: decisionId,
    archive_digest: change.archiveDigest,
    changes: change.changes,
  };
}

const STRICTNESS = { allow: 0, require_approval: 1, deny: 2 };

/** How many requests a bundle answered more loosely while it was tried; undefined if it was not, or is not any more. */
function loosenedBy(report: ShadowReport | undefined, revision: string): number | undefined {
  if (report?.candidate.revision !== revision || report.compared === 0) return undefined;
  const looser = report.effects.filter(({ live, candidate }) => STRICTNESS[candidate] < STRICTNESS[live]);
  return looser.reduce((sum, { count }) => sum + count, 0);
}

/** A decision about something else, or of somebody else, activates nothing. */
function requireMine({ id, request }: CoreDecision, { by, revision, rollback }: Wish): void {
  const { subject, action, resource, submitted_by } = request;
  if (subject.type !== 'person' || subject.id !== by.id || submitted_by || action.name !== ACTIVATION) {
    throw new StatusError('PERMISSION_DENIED', `decision ${id} is not about a policy that you wanted to activate`, {
      reason: 'NOT_YOURS',
    });
  }
  if (resource.id !== revision || (action.properties?.['rollback'] === true) !== rollback) {
    throw invalidArgument({ field: 'decision_id', description: `${id} is about ${resource.id}, not about this` });
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
