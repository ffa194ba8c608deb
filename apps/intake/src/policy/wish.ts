import { create } from '@bufbuild/protobuf';
import { ACTIVATION, type Agent, type Decision, type Person } from '@countersign/approval';
import {
  ActionSchema,
  invalidArgument,
  ResourceSchema,
  StatusError,
  SubjectSchema,
  type PolicyActivated,
  type RecordedChanges,
} from '@countersign/contract';
import { canonicalize } from '@countersign/ledger';
import type { ShadowReport } from '@countersign/policy';
import type { Activation, StoredBundle } from '@countersign/store';
import { readAction, type ActionTexts } from '../action.js';
import type { Asked } from '../ask.js';
import { Violations } from '../violations.js';
import { changeCounts, changeLines } from './change-text.js';
import type { Served } from './served.js';

// A wish to have a bundle serve: the action it is decided as, and what is kept and recorded of it.

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

/** Everything an activation depends on: what it is decided by, recorded with, and committed against. */
export interface Change {
  bundle: StoredBundle;
  served: Served;
  changes: RecordedChanges;
  archiveDigest: string;
}

/** A person who changes policy stands where an agent does, and answers for it: they own the wish and never approve it. */
export function agentOf({ id, name, groups }: Person): Agent {
  return { id, owner: id, owner_name: name, groups: [...groups] };
}

/** The action in canonical form. The same wish under the same circumstances is the same action, to the byte. */
export function textsOf(
  { by, revision, rollback, reason, loosened }: Wish,
  { bundle, served, changes }: Change,
): ActionTexts {
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

/** The request for it, as an agent would make one. */
export function askedOf({ by }: Wish, action: ActionTexts): Asked {
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

/** What is kept of an activation that this decision allows. */
export function stored(wish: Wish, { served }: Change, decisionId: string, at: string): Activation {
  const { revision, by } = wish;
  return { revision, from: served.revision, fromStored: served.stored, by: by.id, at, decisionId };
}

/** What is put on the record of it. */
export function recorded(
  { by, revision, rollback, reason }: Wish,
  change: Change,
  decisionId: string,
): PolicyActivated {
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

/** A decision about something else, or of somebody else, activates nothing. */
export function requireMine({ id, request }: Decision, { by, revision, rollback }: Wish): void {
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

const STRICTNESS = { allow: 0, require_approval: 1, deny: 2 };

/** How many requests a bundle answered more loosely while it was tried; undefined if it was not, or is not any more. */
export function loosenedBy(report: ShadowReport | undefined, revision: string): number | undefined {
  if (report?.candidate.revision !== revision || report.compared === 0) return undefined;
  const looser = report.effects.filter(({ live, candidate }) => STRICTNESS[candidate] < STRICTNESS[live]);
  return looser.reduce((sum, { count }) => sum + count, 0);
}
