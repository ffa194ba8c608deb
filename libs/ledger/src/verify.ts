import { digestOf } from './canonical.js';
import { parseCheckpoint, type Checkpoint } from './checkpoint.js';
import { readEvent, type EventFields } from './event.js';
import { EMPTY_ROOT, extend, leafHash, peaksRoot, type Frontier } from './merkle.js';
import { openNote, type Verifier } from './note.js';
import { SourceChains, type SourceProblem } from './source-chain.js';

// The whole ledger against signed tree heads. Everything is worked out again from the bytes: no hash, index or column that
// came with an entry is believed. It reports all it finds rather than stopping at the first, because an investigation needs
// the extent of the damage.

/** An entry as it is handed over. All but the body are claims. */
export interface StoredEntry {
  index: number;
  eventId: string;
  type: string;
  decisionId: string;
  source: string;
  sourceSeq: number;
  body: Uint8Array;
  leafHash: Uint8Array;
}

export type ProblemKind =
  | 'index' // a place in the ledger is missing, repeated or out of order
  | 'body' // the bytes are no canonical event
  | 'leaf-hash' // the hash kept with an entry is not that of its bytes
  | 'column' // what is kept beside the bytes says something else than the bytes
  | 'repeated-event' // an event id is used twice
  | 'version' // the events of a decision are not numbered from 1 in ledger order
  | SourceProblem['kind']
  | 'signature' // a checkpoint is not signed by the key, or is none
  | 'origin' // a checkpoint belongs to another log
  | 'truncated' // a checkpoint covers more entries than there are
  | 'root'; // the entries do not have the root that was signed

export interface Problem {
  kind: ProblemKind;
  detail: string;
  index?: number;
}

export interface Report {
  ok: boolean;
  /** Entries read. */
  size: number;
  /** Entries that a valid checkpoint covers; those after it are unsigned as yet. */
  signed: number;
  /** Root over all entries read. */
  root: Buffer;
  origin: string | undefined;
  /** Decisions among the streams; facts about the gate or the ledger itself are none. */
  decisions: number;
  sources: number;
  /** Entries that record bytes the ledger could not accept as an event. */
  quarantined: number;
  problems: Problem[];
}

export interface Expected {
  /** Signed notes: the newest, and any kept elsewhere from earlier. An old one catches a ledger rebuilt with its own key. */
  checkpoints: readonly string[];
  verifiers: readonly Verifier[];
}

/** Leaves hashed into the tree at a time. */
const BATCH = 1024;

/** Feeds on entries one by one, so that a ledger larger than memory can be read through it; it keeps ids, not bodies. */
export class LedgerVerification {
  private readonly problems: Problem[] = [];
  private readonly heads: Checkpoint[] = [];
  private readonly sizes: ReadonlySet<number>;
  private readonly roots = new Map<number, Buffer>([[0, EMPTY_ROOT]]);
  private readonly chains = new SourceChains();
  private readonly ids = new Set<string>();
  private readonly versions = new Map<string, number>();
  private frontier: Frontier = { size: 0, hashes: [] };
  private pending: Buffer[] = [];
  private quarantined = 0;

  constructor(expected: Expected) {
    if (expected.checkpoints.length === 0) this.report('signature', 'there is no checkpoint: nothing is signed');
    for (const note of expected.checkpoints) this.open(note, expected.verifiers);
    this.sizes = new Set(this.heads.map((head) => head.size));
  }

  add(entry: StoredEntry): void {
    const place = this.frontier.size + this.pending.length;
    if (entry.index !== place) this.report('index', `entry ${entry.index} is where entry ${place} belongs`, place);
    const leaf = leafHash(entry.body);
    if (!leaf.equals(entry.leafHash))
      this.report('leaf-hash', `entry ${entry.index} does not have the hash kept with it`, place);
    this.pending.push(leaf);
    if (this.pending.length === BATCH || this.sizes.has(place + 1)) this.hashPending();
    const event = readEvent(entry.body);
    if ('problem' in event) this.report('body', `entry ${entry.index} is ${event.problem}`, place);
    else this.follow(entry, event, place);
  }

  /** Call once, after the last entry. */
  finish(): Report {
    this.hashPending();
    const { size } = this.frontier;
    for (const problem of this.chains.finish()) this.report(problem.kind, problem.detail);
    for (const head of this.heads) {
      const root = this.roots.get(head.size);
      if (!root) this.report('truncated', `a checkpoint covers ${head.size} entries, but there are ${size}`);
      else if (!root.equals(head.root))
        this.report('root', `the first ${head.size} entries are not those that were signed`);
    }
    const covered = this.heads.filter((head) => this.roots.get(head.size)?.equals(head.root)).map((head) => head.size);
    return {
      ok: this.problems.length === 0,
      size,
      signed: Math.max(0, ...covered),
      root: peaksRoot(this.frontier.hashes),
      origin: this.heads[0]?.origin,
      decisions: [...this.versions.keys()].filter((id) => id.startsWith('dec_')).length,
      sources: this.chains.size,
      quarantined: this.quarantined,
      problems: this.problems,
    };
  }

  private open(note: string, verifiers: readonly Verifier[]): void {
    const opened = openNote(note, verifiers);
    if ('problem' in opened) return this.report('signature', opened.problem);
    const head = parseCheckpoint(opened.text);
    if (!head) return this.report('signature', 'what was signed is no checkpoint');
    // A key may sign for several logs: the name on the key is the name of the log.
    if (!verifiers.some((verifier) => verifier.name === head.origin)) {
      return this.report('origin', `a checkpoint is for the log "${head.origin}", which the key does not name`);
    }
    this.heads.push(head);
  }

  private follow(entry: StoredEntry, event: EventFields, place: number): void {
    const wrong = columnThatDiffers(entry, event);
    if (wrong) this.report('column', `entry ${entry.index} is kept under another ${wrong} than its bytes say`, place);
    if (this.ids.has(event.id)) this.report('repeated-event', `event ${event.id} is in the ledger twice`, place);
    this.ids.add(event.id);
    const version = (this.versions.get(event.decisionId) ?? 0) + 1;
    if (event.version !== version) {
      this.report('version', `event ${event.version} of ${event.decisionId} is where event ${version} belongs`, place);
    }
    this.versions.set(event.decisionId, Math.max(version, event.version));
    this.chains.add({
      source: event.source,
      seq: event.seq,
      prev: event.prev,
      digest: digestOf(Buffer.from(entry.body)),
    });
    if (event.type === 'ledger.quarantined') this.quarantined += 1;
  }

  private hashPending(): void {
    const grown = extend(this.frontier, this.pending);
    this.frontier = grown.frontier;
    this.pending = [];
    if (this.sizes.has(this.frontier.size)) this.roots.set(this.frontier.size, grown.root);
  }

  private report(kind: ProblemKind, detail: string, index?: number): void {
    this.problems.push(index === undefined ? { kind, detail } : { kind, detail, index });
  }
}

/** Verifies a whole ledger at once. */
export function verifyLedger(entries: Iterable<StoredEntry>, expected: Expected): Report {
  const verification = new LedgerVerification(expected);
  for (const entry of entries) verification.add(entry);
  return verification.finish();
}

function columnThatDiffers(entry: StoredEntry, event: EventFields): string | undefined {
  if (entry.eventId !== event.id) return 'event id';
  if (entry.type !== event.type) return 'type';
  if (entry.decisionId !== event.decisionId) return 'decision';
  if (entry.source !== event.source) return 'source';
  return entry.sourceSeq === event.seq ? undefined : 'number at its source';
}
