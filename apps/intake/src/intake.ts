import { randomBytes } from 'node:crypto';
import type { Bus } from '@countersign/bus';
import { ApprovalService, DecisionService, GateService, PeopleService } from '@countersign/contract';
import {
  overlaid,
  ROTATIONS,
  type Caller,
  type Directory,
  type DirectorySource,
  type Overlay,
} from '@countersign/directory';
import { KeyFolder } from '@countersign/keys';
import type { Policy } from '@countersign/policy';
import {
  rpcService,
  type Authenticate,
  type Log,
  type Metrics,
  type Readiness,
  type Endpoints,
} from '@countersign/service';
import {
  HistoryReader,
  Hints,
  IntakeReader,
  ListingReader,
  Outbox,
  Registry,
  RelatedReader,
  Writer,
  type Pool,
} from '@countersign/store';
import { ApprovalApi } from './approvals/approval-api.js';
import { Beside } from './beside.js';
import { Changes } from './changes.js';
import { Clock } from './clock.js';
import type { IntakeConfig } from './config.js';
import { Decider } from './decider.js';
import { DecisionApi } from './decision-api.js';
import { Decisions } from './decisions.js';
import { Floods } from './floods.js';
import { BreakGlassApi } from './glass/break-glass-api.js';
import { Breaking } from './glass/breaking.js';
import { ReviewClock } from './glass/review-clock.js';
import { Reviews } from './glass/reviews.js';
import { GateApi } from './gate/gate-api.js';
import { Stopping } from './gate/stopping.js';
import { StopWork } from './gate/stop-work.js';
import { Stops } from './gate/stops.js';
import { GrantKeys } from './grant-keys.js';
import { Grants } from './grants.js';
import { History } from './history.js';
import { inboxRoutes } from './inbox/routes.js';
import { ChangeControl } from './policy/change-control.js';
import type { PolicySupply } from './policy/supply.js';
import { ApiTokens } from './people/api-tokens.js';
import { BoundAccounts } from './people/bound-accounts.js';
import { ClaimedPeople } from './people/claimed-people.js';
import { Links, ProvedLinks } from './people/links.js';
import { Listing } from './listing.js';
import { Oidc } from './people/oidc.js';
import { oidcRoutes } from './people/sign-in-routes.js';
import { TryCookie } from './people/try-cookie.js';
import { SignedTokens } from './people/signed-tokens.js';
import { SignIns } from './people/sign-ins.js';
import { Chores } from './people/chores.js';
import { Credentials } from './people/credentials.js';
import { PeopleApi } from './people/people-api.js';
import { withinScope } from './people/permits.js';
import { callRate, refusalRate } from './rate.js';
import { reportHealth } from './health.js';
import { Relay } from './relay.js';
import { ScimPeople } from './scim/people.js';
import { Scim } from './scim/scim.js';
import { Signals } from './signals.js';
import { HandedSeats } from './seats/handed-seats.js';
import { HandingOver } from './seats/handing-over.js';
import { SeatApi } from './seats/seat-api.js';
import { Sweeper } from './sweeper.js';
import { Tally } from './tally.js';
import { readDecideRequest } from './wire/decide-reader.js';
import { writeDecision } from './wire/decision-writer.js';

export interface IntakeParts {
  pool: Pool;
  bus: Bus;
  policy: Policy;
  supply: PolicySupply;
  directory: DirectorySource;
  log: Log;
  metrics: Metrics;
  readiness: Readiness;
}

/** Intake, put together: the one writer of decisions, approvals, votes and grants. */
export class Intake {
  readonly approvals: ApprovalApi;
  readonly people: PeopleApi;
  readonly endpoints: Endpoints;
  /** People and agents as they are now, from wherever they are known. */
  readonly directory: () => Directory;
  readonly authenticate: Authenticate<Caller>;
  readonly #writer: Writer;
  readonly #hints: Hints;
  readonly #relay: Relay;
  readonly #registry: Registry;
  readonly #clock: Clock;
  readonly #stopWork: StopWork;
  readonly #reviewClock: ReviewClock;
  readonly #sweeper: Sweeper;
  readonly #chores: Chores;
  readonly #changeControl: ChangeControl;
  readonly #changes = new Changes();
  #stopping: Promise<void> | undefined;

  constructor(config: IntakeConfig, parts: IntakeParts) {
    const { pool, bus, policy, supply, log, metrics, readiness } = parts;
    const now = () => new Date();
    // A restart is a new source: its name is never used again.
    const name = `intake-${Date.now().toString(36)}${randomBytes(5).toString('hex')}`;
    const registry = (this.#registry = new Registry(pool, {
      process: name,
      onChange: () => this.#changes.changed([]),
      // An answer that was on its way to the record before a change was known here is in it before the change is in effect.
      settled: () => this.#writer.settled(),
    }));
    const people = new ScimPeople(registry, config.scim);
    const seats = new HandedSeats(registry);
    // In this order: duties are of people wherever they are known, and a seat is handed over by whoever has it then.
    const proved = new ProvedLinks(registry);
    const overlays: Overlay[] = [people, new ClaimedPeople(registry), proved, ROTATIONS, seats];
    const directory = (this.directory = overlaid(parts.directory, overlays, now));
    this.#relay = new Relay(new Outbox(pool), bus, log);
    const tally = new Tally(metrics);
    this.#writer = new Writer(pool, {
      name,
      limit: config.queueLimit,
      ready: () => !registry.stale,
      onCommit: (writes) => {
        tally.committed(writes);
        this.#changes.changed(writes.filter(({ state }) => state).map(({ decisionId }) => decisionId));
        this.#relay.hint();
      },
    });
    this.#hints = new Hints(pool, (ids) => {
      this.#changes.changed(ids);
      this.#relay.hint();
    });
    const stops = new Stops(registry);
    const history = new History(new HistoryReader(pool));
    const decisions = new Decisions(new IntakeReader(pool), this.#writer, now, history, stops);
    const stopping = new Stopping({ stops, registry, writer: this.#writer, directory, now });
    const stopWork = (this.#stopWork = new StopWork(decisions, stopping, log));
    const reviews = new Reviews(registry, now);
    const broken = metrics.counter('break_glass_total', 'How often somebody has broken the glass.');
    const breaking = new Breaking({ decisions, policy, directory, reviews, count: () => broken.inc() });
    const refusals = refusalRate(config.refusedVotes);
    const glass = new BreakGlassApi({ breaking, reviews, directory, binding: config.bindingContext, refusals });
    this.#reviewClock = new ReviewClock(decisions, reviews, log);
    const gate = new GateApi({ stops, stopping, work: stopWork, directory, now });
    const handing = new HandingOver({ seats, registry, writer: this.#writer, directory, now });
    const seatApi = new SeatApi({ seats, handing, directory, now });
    this.#clock = new Clock(decisions, directory, log, () => handing.sweep());
    this.#sweeper = new Sweeper(pool, log);
    const folder = new KeyFolder(config.grantKeys);
    const openBefore = (at: Date) => decisions.reader.anyGrantBefore(at.toISOString());
    const grants = new Grants(new GrantKeys({ folder, openBefore, now }), config.issuer);
    const beside = new Beside(new RelatedReader(pool), now);
    const floods = new Floods({ registry, directory, limits: config.limits });
    this.approvals = new ApprovalApi({
      decisions,
      directory,
      changes: this.#changes,
      beside,
      signals: new Signals({ reader: decisions.reader, directory, now }),
      floods,
      reviews,
      refusals,
    });
    const binding = config.bindingContext;
    const decider = new Decider({
      decisions,
      policy,
      grants,
      directory,
      limits: config.limits,
      floods,
      tally,
      binding,
    });
    const api = new DecisionApi({
      decider,
      listing: new Listing(new ListingReader(pool)),
      decisions,
      policy,
      grants,
      directory,
      changes: this.#changes,
      binding,
      rate: callRate(config.ratePerAgent),
      log,
    });
    const tokens = new ApiTokens({ registry, writer: this.#writer, directory, now });
    const { oidc: provider, idleMs, longestMs } = config.signIn;
    const oidc = provider && new Oidc(provider);
    const accounts = provider?.subjectClaim === 'email' ? new BoundAccounts(registry, provider.issuer) : undefined;
    const bound = accounts ? { accounts } : {};
    const signIns = new SignIns({ registry, writer: this.#writer, directory, now, idleMs, longestMs, ...bound });
    const links = new Links({ registry, writer: this.#writer, directory, now });
    const credentials = new Credentials({
      directory,
      tokens,
      signIns,
      ...(oidc ? { signed: new SignedTokens({ oidc, directory, now, ...bound }) } : {}),
      stale: () => registry.stale,
      ...(config.serviceToken ? { serviceToken: config.serviceToken } : {}),
    });
    const { authenticate } = credentials;
    this.authenticate = authenticate;
    const peopleApi = (this.people = new PeopleApi({ tokens, signIns, links, credentials, directory }));
    this.#chores = new Chores([() => tokens.tidy(), () => signIns.tidy(), () => links.tidy()], log);
    this.#changeControl = new ChangeControl({
      pool,
      policy,
      supply,
      decider,
      decisions,
      directory,
      authenticate,
      log,
    });
    const scim = new Scim({
      people,
      registry,
      writer: this.#writer,
      config: config.scim,
      file: () => parts.directory.current().data,
      now,
      log,
    });
    this.endpoints = {
      services: [
        rpcService(DecisionService, authenticate, api.handlers, {
          Decide: { deserialize: readDecideRequest, serialize: writeDecision },
        }),
        rpcService(ApprovalService, authenticate, {
          ...this.approvals.handlers,
          ...glass.handlers,
          ...seatApi.handlers,
        }),
        rpcService(GateService, authenticate, gate.handlers),
        rpcService(PeopleService, authenticate, peopleApi.handlers),
        this.#changeControl.service,
      ].map(withinScope),
      raw: [
        ...oidcRoutes({
          ...(oidc ? { oidc } : {}),
          tryCookie: new TryCookie({ registry, writer: this.#writer, secure: config.signIn.secure, now }),
          ...{ signIns, directory, secure: config.signIn.secure, log, now },
        }),
        ...this.#changeControl.routes,
        ...scim.routes,
        ...inboxRoutes({
          approvals: this.approvals,
          authenticate,
          look: credentials.look,
          directory,
          secure: config.signIn.secure,
          provider: oidc !== undefined,
        }),
      ],
      documents: {
        '/.well-known/jwks.json': {
          type: 'application/json',
          // A key is published before it signs; whoever has older ones looks again within a minute.
          headers: { 'cache-control': 'public, max-age=60' },
          read: async () => JSON.stringify(await grants.keys.jwks()) + '\n',
        },
      },
    };
    reportHealth(
      { readiness, metrics },
      {
        ...{ decisions, registry, policy, folder, stops, reviews, directory, now },
        ...{ writer: this.#writer, relay: this.#relay },
      },
    );
  }

  async start(): Promise<void> {
    await this.#registry.start();
    await this.#hints.start();
    await this.#changeControl.start();
    this.#relay.start();
    this.#clock.start();
    this.#stopWork.start();
    this.#reviewClock.start();
    this.#sweeper.start();
    this.#chores.start();
  }

  /** Answers those who wait with what there is, so that nobody holds up a stop. */
  endWaiting(): void {
    this.#changes.close();
    this.#changeControl.endWaiting();
  }

  /** What was accepted is committed before this resolves; what is not yet published waits in the outbox. */
  stop(): Promise<void> {
    return (this.#stopping ??= this.#stop());
  }

  async #stop(): Promise<void> {
    this.endWaiting();
    await this.#clock.stop();
    await this.#stopWork.stop();
    await this.#reviewClock.stop();
    await this.#sweeper.stop();
    await this.#chores.stop();
    await this.#changeControl.stop();
    await this.#writer.close();
    await this.#registry.stop();
    await this.#relay.stop();
    this.#hints.stop();
  }
}
