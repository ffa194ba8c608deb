import { setTimeout as sleep } from 'node:timers/promises';
import type { Bus } from '@countersign/bus';
import { noteKey, type NoteKey } from '@countersign/ledger';
import { loadOrCreateSigningKey } from '@countersign/keys';
import type { Log, Metrics, Readiness } from '@countersign/service';
import {
  CheckpointStore,
  LedgerReader,
  LedgerStore,
  migrate,
  openPool,
  Outgoing,
  requireAppendOnly,
  type Pool,
} from '@countersign/store';
import type { AuditConfig } from './config.js';
import { Forwarder } from './forwarder.js';
import { Loop } from './loop.js';
import { Recorder } from './recorder.js';
import { Sealer } from './sealer.js';

export interface AuditParts {
  bus: Bus;
  log: Log;
  metrics: Metrics;
  readiness: Readiness;
}

/** At most one checkpoint a second: often enough to pin, seldom enough to keep all of them. */
const SEAL_SPACING_MS = 1000;
const FORWARD_SPACING_MS = 20;
const PAUSE_MS = 1000;
/** For each step of stopping: the whole stays under the ten seconds a process is given. */
const STOP_MS = 2000;

/** The ledger at work: records what comes in, signs the head, sends the record on. It has the life cycle of the service. */
export class LedgerKeeper {
  readonly reader: LedgerReader;
  readonly checkpoints: CheckpointStore;
  private readonly recorder: Recorder;
  private readonly sealer: Sealer;
  private readonly sealing: Loop;
  private readonly forwarding: Loop;

  /** Opens the database and the key. Nothing runs before the module starts. */
  static async open(config: AuditConfig, parts: AuditParts): Promise<LedgerKeeper> {
    await migrate(config.databaseUrl, 'audit');
    const key = noteKey(config.origin, loadOrCreateSigningKey(config.keyPath));
    return new LedgerKeeper(openPool(config.databaseUrl, 'audit'), key, parts);
  }

  constructor(
    private readonly pool: Pool,
    readonly key: NoteKey,
    parts: AuditParts,
  ) {
    const { bus, log, metrics } = parts;
    this.reader = new LedgerReader(pool);
    this.checkpoints = new CheckpointStore(pool);
    this.sealer = new Sealer(this.checkpoints, key);
    const forwarder = new Forwarder({
      bus,
      reader: this.reader,
      checkpoints: this.checkpoints,
      outgoing: new Outgoing(pool),
      origin: key.name,
    });
    const seal = () => this.sealer.seal().then(() => false);
    this.sealing = new Loop(seal, { name: 'seal', pauseMs: PAUSE_MS, spacingMs: SEAL_SPACING_MS, log });
    this.forwarding = new Loop(() => forwarder.forward(), {
      name: 'forward',
      pauseMs: PAUSE_MS,
      spacingMs: FORWARD_SPACING_MS,
      log,
    });
    const appended = () => {
      this.sealing.wake();
      this.forwarding.wake();
    };
    this.recorder = new Recorder({ bus, store: new LedgerStore(pool), log, metrics, appended });
    parts.readiness.add('ledger', async () => this.sealing.problem ?? (await this.reader.size(), undefined));
    parts.readiness.add('audit stream', () => this.forwarding.problem);
  }

  /** Nest calls this before the service listens. What is wrong with the ledger is found before anything is appended to it. */
  async onModuleInit(): Promise<void> {
    try {
      await requireAppendOnly(this.pool);
      await this.sealer.requireContinuity();
      await this.sealer.seal();
    } catch (error) {
      // A module that does not start is not destroyed either.
      await this.pool.end();
      throw error;
    }
    await this.recorder.start();
    this.sealing.wake();
    this.forwarding.wake();
  }

  /** Takes in nothing more, signs and sends what there is, then lets go of the database. */
  async onModuleDestroy(): Promise<void> {
    await this.recorder.stop();
    await this.sealing.stop(STOP_MS);
    await this.forwarding.stop(STOP_MS);
    // A publish that hangs keeps its connection; the process does not wait for that.
    await Promise.race([this.pool.end(), sleep(STOP_MS, undefined, { ref: false })]);
  }
}
