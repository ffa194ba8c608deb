import type { Person } from '@countersign/approval';
import {
  invalidArgument,
  StatusError,
  type ActivateBundleResponse,
  type Bundle,
  type PolicyService,
  type UploadBundleRequest,
} from '@countersign/contract';
import type { Caller, Directory } from '@countersign/directory';
import { shadowToWire, type Policy } from '@countersign/policy';
import type { Call, Handlers } from '@countersign/service';
import type { Bundles } from '@countersign/store';
import { Violations } from '../violations.js';
import type { Activation } from './activation.js';
import { bundleMessage, type Role } from './bundle-message.js';
import type { BundleWatch } from './bundle-watch.js';
import { refuseAgents, requireChanger } from './callers.js';
import type { Served, ServedBundles } from './served.js';
import { gathered, type Uploads } from './upload.js';
import type { Wish } from './wish.js';

export interface PolicyApiParts {
  policy: Policy;
  served: ServedBundles;
  uploads: Uploads;
  activation: Activation;
  watch: BundleWatch;
  directory: () => Directory;
  /** Where policies come from, when that is not the database. */
  elsewhere: { policies?: string; candidate?: string };
}

const PAGE = 50;
const LARGEST_PAGE = 200;

/** The part of PolicyService that changes which bundle serves. People have a say in it; agents have none. */
export class PolicyManagementApi {
  constructor(readonly parts: PolicyApiParts) {}

  readonly handlers: Handlers<typeof PolicyService, Caller> = {
    ListBundles: ({ pageSize, pageToken }, { caller }) => {
      refuseAgents(caller);
      if (pageSize < 0 || pageSize > LARGEST_PAGE)
        throw invalidArgument({ field: 'page_size', description: `is not between 1 and ${LARGEST_PAGE}` });
      return this.#page(pageSize || PAGE, pageToken);
    },
    GetBundle: ({ revision }, { caller }) => {
      refuseAgents(caller);
      return this.#bundle(requireRevision(revision));
    },
    UploadBundle: async (requests, call) => {
      const author = this.#person(call.caller);
      const { note, pieces } = await opened(requests);
      return this.upload(await gathered(pieces), note, author, call);
    },
    ActivateBundle: async ({ revision, reason, decisionId }, call) => {
      const by = this.#person(call.caller);
      this.#requireManaged();
      requireRevision(revision);
      return this.#run({ by, revision, rollback: false, ...said(reason), decisionId }, call);
    },
    RollbackBundle: async ({ reason, decisionId }, call) => {
      const by = this.#person(call.caller);
      this.#requireManaged();
      const revision = await this.#before(decisionId);
      return this.#run({ by, revision, rollback: true, ...said(reason), decisionId }, call);
    },
    SetCandidate: async ({ revision }, { caller }) => {
      this.#person(caller);
      this.#requireManaged('candidate');
      const { served } = this.parts;
      if (!(await served.bundles.find(requireRevision(revision)))) throw noSuchBundle(revision);
      if ((await served.now()).revision === revision)
        throw new StatusError('FAILED_PRECONDITION', `${revision} serves: there is nothing to compare it with`, {
          reason: 'SERVES_ALREADY',
        });
      await served.bundles.setCandidate(revision);
      return { bundle: await this.#bundle(revision) };
    },
    ClearCandidate: async (_, { caller }) => {
      this.#person(caller);
      this.#requireManaged('candidate');
      await this.parts.served.bundles.setCandidate(null);
      return {};
    },
    WatchBundle: ({ candidate, known }, call) => {
      if (call.caller.kind === 'service') return this.parts.watch.follow(candidate, known, call.signal);
      throw new StatusError('PERMISSION_DENIED', 'this is for the services that evaluate', { reason: 'NOT_A_SERVICE' });
    },
    GetShadowReport: async (_, { caller }) => {
      refuseAgents(caller);
      const { policy } = this.parts;
      return shadowToWire(await policy.shadowReport(), policy.revision);
    },
  };

  /** Keeps a whole archive, however it came. */
  async upload(archive: Buffer, note: string, author: Person, { traceId }: Pick<Call, 'traceId'>) {
    const found = new Violations();
    found.text('note', note, 1_000);
    found.settle();
    const { bundle, known } = await this.parts.uploads.take(archive, note, author, traceId);
    return { bundle: bundleMessage(bundle, undefined, await this.#roleOf(bundle.revision)), known };
  }

  async #run(
    wish: Omit<Wish, 'traceId'>,
    { traceId }: Call<Caller>,
  ): Promise<Omit<ActivateBundleResponse, '$typeName'>> {
    const { decision, activated } = await this.parts.activation.run({ ...wish, ...(traceId ? { traceId } : {}) });
    return { decision, activated, bundle: await this.#bundle(wish.revision) };
  }

  /** The bundle to go back to: what a decision was about, or what served before. */
  async #before(decisionId: string): Promise<string> {
    const { activation, served } = this.parts;
    if (decisionId) return (await activation.parts.decisions.load(decisionId)).decision.request.resource.id;
    const { previous } = await served.now();
    if (previous !== null) return previous;
    throw new StatusError('FAILED_PRECONDITION', 'no other bundle served before: there is nothing to go back to', {
      reason: 'NO_PREVIOUS_BUNDLE',
    });
  }

  async #page(size: number, token: string) {
    const { policy, served } = this.parts;
    const { bundles } = served;
    const rows = await bundles.list(size, token ? parseToken(token) : undefined);
    const last = rows.at(-1);
    const roles = await this.#roles();
    const inRole = token ? [] : [...roles.keys()];
    const stored = new Map(rows.map((row) => [row.revision, row]));
    const revisions = [...inRole, ...[...stored.keys()].filter((revision) => !roles.has(revision))];
    return {
      bundles: await Promise.all(revisions.map((revision) => this.#bundle(revision, stored, roles))),
      nextPageToken: rows.length === size && last ? `${last.created_at} ${last.revision}` : '',
      warning: policy.warning() ?? '',
    };
  }

  /** Throws StatusError NOT_FOUND. */
  async #bundle(
    revision: string,
    known: ReadonlyMap<string, Awaited<ReturnType<Bundles['find']>>> = new Map(),
    roles?: ReadonlyMap<string, Role>,
  ): Promise<Bundle> {
    const { policy, served } = this.parts;
    const stored = known.get(revision) ?? (await served.bundles.find(revision));
    const loaded = policy.bundles().find((bundle) => bundle.revision === revision);
    const role = (roles ?? (await this.#roles())).get(revision) ?? '';
    if (!stored && !loaded) throw noSuchBundle(revision);
    const warning = role === 'serving' && policy.revision !== revision ? policy.warning() : undefined;
    return bundleMessage(stored, loaded, role, warning);
  }

  async #roleOf(revision: string): Promise<Role> {
    return (await this.#roles()).get(revision) ?? '';
  }

  /** What has a part, the serving one first: as the database says, or as what evaluates says when that decides. */
  async #roles(): Promise<Map<string, Role>> {
    const { policy, served, elsewhere } = this.parts;
    if (elsewhere.policies !== undefined)
      return new Map(policy.bundles().map(({ revision, role }) => [revision, role] as const));
    return rolesOf(await served.now());
  }

  #requireManaged(what: 'policies' | 'candidate' = 'policies'): void {
    const { policies, candidate } = this.parts.elsewhere;
    const setting = policies !== undefined ? 'COUNTERSIGN_POLICIES' : 'COUNTERSIGN_POLICY_SHADOW';
    if (policies === undefined && (what === 'policies' || candidate === undefined)) return;
    throw new StatusError(
      'FAILED_PRECONDITION',
      `${setting} says where it comes from: change it there, or unset the setting to have it decided here`,
      { reason: 'POLICIES_FROM_ELSEWHERE' },
    );
  }

  #person(caller: Caller): Person {
    return requireChanger(caller, this.parts.directory());
  }
}

function rolesOf({ revision, previous, candidate }: Served): Map<string, Role> {
  const roles = new Map<string, Role>([[revision, 'serving']]);
  // One bundle can be what served before and be tried again.
  if (candidate !== null && !roles.has(candidate)) roles.set(candidate, 'candidate');
  if (previous !== null && !roles.has(previous)) roles.set(previous, 'previous');
  return roles;
}

/** The header and the pieces of an upload. Throws StatusError INVALID_ARGUMENT when they do not come in this order. */
async function opened(requests: AsyncIterable<UploadBundleRequest>) {
  const parts = requests[Symbol.asyncIterator]();
  const first = await parts.next();
  if (first.done || first.value.part.case !== 'header')
    throw invalidArgument({ field: 'header', description: 'is required in the first message' });
  return { note: first.value.part.value.note, pieces: chunks(parts) };
}

async function* chunks(parts: AsyncIterator<UploadBundleRequest>): AsyncGenerator<Uint8Array> {
  for (let next = await parts.next(); !next.done; next = await parts.next()) {
    const { part } = next.value;
    if (part.case !== 'chunk')
      throw invalidArgument({ field: 'chunk', description: 'is required in every message after the first' });
    yield part.value;
  }
}

function said(reason: string): { reason: string } {
  const found = new Violations();
  found.text('reason', reason, 1_000);
  found.settle();
  return { reason };
}

function requireRevision(revision: string): string {
  if (/^sha256:[0-9a-f]{64}$/.test(revision)) return revision;
  throw invalidArgument({ field: 'revision', description: 'is not a content address: "sha256:" and 64 hex digits' });
}

function noSuchBundle(revision: string): StatusError {
  return new StatusError('NOT_FOUND', `there is no bundle ${revision}: upload it first`, { reason: 'NO_SUCH_BUNDLE' });
}

function parseToken(token: string): { created_at: string; revision: string } {
  const [created_at, revision] = token.split(' ');
  if (!created_at || !revision || Number.isNaN(Date.parse(created_at)))
    throw invalidArgument({ field: 'page_token', description: 'is not from an earlier answer' });
  return { created_at, revision };
}
