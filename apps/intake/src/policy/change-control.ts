import { PolicyService } from '@countersign/contract';
import type { Caller, Directory } from '@countersign/directory';
import type { Policy } from '@countersign/policy';
import { rpcService, type Authenticate, type Log, type RawRoute, type RpcService } from '@countersign/service';
import { Bundles, ServingBundle, type Pool } from '@countersign/store';
import type { Decider } from '../decider.js';
import type { Decisions } from '../decisions.js';
import { Activation } from './activation.js';
import { BundleServer } from './bundle-server.js';
import { BundleWatch } from './bundle-watch.js';
import { Following } from './following.js';
import { PolicyManagementApi } from './policy-api.js';
import { PolicyRecorder } from './recorder.js';
import { ServedBundles } from './served.js';
import type { PolicySupply } from './supply.js';
import { Uploads } from './upload.js';

export interface ChangeControlParts {
  pool: Pool;
  policy: Policy;
  supply: PolicySupply;
  decider: Decider;
  decisions: Decisions;
  directory: () => Directory;
  authenticate: Authenticate<Caller>;
  log: Log;
}

/** Which policy serves, who may change it, and that everybody hears of it: put together. */
export class ChangeControl {
  readonly service: RpcService<Caller>;
  readonly routes: RawRoute<Caller>[];
  readonly #recorder: PolicyRecorder;
  readonly #following: Following;
  readonly #watch: BundleWatch;
  readonly #serving: ServingBundle;

  constructor(parts: ChangeControlParts) {
    const { pool, policy, supply, decisions, directory, authenticate, log } = parts;
    const { writer, now } = decisions;
    const { elsewhere, keys } = supply;
    const serving = (this.#serving = new ServingBundle(pool));
    const served = new ServedBundles(new Bundles(pool), supply);
    const uploads = new Uploads({ served, writer, now });
    const activation = new Activation({ ...parts, served });
    const watch = (this.#watch = new BundleWatch(serving));
    const api = new PolicyManagementApi({ policy, served, uploads, activation, watch, directory, elsewhere });
    this.service = rpcService(PolicyService, authenticate, api.handlers);
    this.routes = new BundleServer({ authenticate, api, served, watch, directory }).routes;
    this.#recorder = new PolicyRecorder({ policy, writer, log, now });
    const follows = { policies: elsewhere.policies === undefined, candidate: elsewhere.candidate === undefined };
    this.#following = new Following({ policy, serving, keys, follows, log });
  }

  async start(): Promise<void> {
    this.#recorder.listen();
    await this.#following.start();
    this.#recorder.started();
  }

  endWaiting(): void {
    this.#watch.close();
  }

  async stop(): Promise<void> {
    this.endWaiting();
    this.#recorder.stop();
    await this.#following.stop();
    this.#serving.close();
  }
}
