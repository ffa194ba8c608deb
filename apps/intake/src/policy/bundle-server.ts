import { toJson, create } from '@bufbuild/protobuf';
import { StatusError, UploadBundleResponseSchema } from '@countersign/contract';
import type { Caller, Directory } from '@countersign/directory';
import type { Authenticate, RawAnswer, RawRequest, RawRoute } from '@countersign/service';
import type { BundleWatch } from './bundle-watch.js';
import { refuseAgents, requireChanger } from './callers.js';
import type { PolicyManagementApi } from './policy-api.js';
import type { ServedBundles } from './served.js';
import { gathered, MAX_ARCHIVE } from './upload.js';

/** What OPA calls a server that waits with its answer until there is something new. */
const LONG_POLLING = 'application/vnd.openpolicyagent.bundles';
const LONGEST_WAIT_S = 60;

export interface BundleServerParts {
  authenticate: Authenticate<Caller>;
  api: PolicyManagementApi;
  served: ServedBundles;
  watch: BundleWatch;
  directory: () => Directory;
}

/** An OPA bundle server for what serves, and a way in for archives over HTTP. */
export class BundleServer {
  readonly routes: RawRoute<Caller>[];

  constructor(readonly parts: BundleServerParts) {
    const { authenticate } = parts;
    const get = { method: 'GET' as const, authenticate, limit: 0 };
    const active = (request: RawRequest<Caller>) => this.#give(request, () => parts.served.archive());
    const candidate = (request: RawRequest<Caller>) => this.#give(request, () => this.#candidate());
    this.routes = [
      { ...get, path: '/v1/bundles/active', answer: active },
      { ...get, path: '/v1/bundles/candidate', answer: candidate },
      {
        method: 'POST',
        path: '/v1/policy/bundles',
        authenticate,
        limit: MAX_ARCHIVE,
        answer: (request) => this.#take(request),
      },
    ];
  }

  /** The archive, or 304 when the caller has it; a caller that says so is kept waiting until it is another. */
  async #give(
    { call, headers }: RawRequest<Caller>,
    read: () => Promise<{ revision: string; archive: Buffer }>,
  ): Promise<RawAnswer> {
    refuseAgents(call.caller);
    const waitS = Number(/(?:^|[;,\s])wait=(\d{1,4})\b/.exec(String(headers.prefer ?? ''))?.[1] ?? 0);
    const known = headers['if-none-match'];
    // Listened for before it is read, or what changes in between would be missed.
    const changed =
      waitS > 0 ? this.parts.watch.change(Math.min(waitS, LONGEST_WAIT_S) * 1000, call.signal) : undefined;
    let bundle = await read();
    if (changed && etagOf(bundle) === known) {
      await changed;
      bundle = await read();
    }
    const etag = etagOf(bundle);
    const type = waitS > 0 ? LONG_POLLING : 'application/gzip';
    if (etag === known) return { status: 304, headers: { etag, 'content-type': type } };
    return { status: 200, headers: { etag, 'content-type': type }, body: bundle.archive };
  }

  async #candidate(): Promise<{ revision: string; archive: Buffer }> {
    const candidate = await this.parts.watch.serving.candidate();
    if (candidate) return candidate;
    throw new StatusError('NOT_FOUND', 'there is no candidate', { reason: 'NO_CANDIDATE' });
  }

  async #take({ call, query, body }: RawRequest<Caller>): Promise<RawAnswer> {
    const author = requireChanger(call.caller, this.parts.directory());
    const answer = await this.parts.api.upload(await gathered(body), query.get('note') ?? '', author, call);
    const message = create(UploadBundleResponseSchema, answer);
    const json = toJson(UploadBundleResponseSchema, message, { useProtoFieldName: true, alwaysEmitImplicit: true });
    return { status: 200, headers: { 'content-type': 'application/json' }, body: `${JSON.stringify(json)}\n` };
  }
}

function etagOf({ revision }: { revision: string }): string {
  return `"${revision}"`;
}
