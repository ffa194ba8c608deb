import { seesAll } from '@countersign/approval';
import { invalidArgument, StatusError, type AuditService } from '@countersign/contract';
import { requireRole, requireScope, type Caller } from '@countersign/directory';
import { consistencyPath, inclusionPath } from '@countersign/ledger';
import type { Call, Handlers } from '@countersign/service';
import type { CheckpointStore, LedgerEntry, LedgerReader, StoredCheckpoint } from '@countersign/store';
import { concerns, withoutHidden } from './concern.js';
import { checkpointMessage, entryMessage, indexOf, pageOf, tokenOf } from './messages.js';

type Answers = Required<Handlers<typeof AuditService, Caller>>;
type Request<M extends keyof Answers> = Parameters<Answers[M]>[0];

/** Entries read at a time for an export: bounds memory, whatever the size of the ledger. */
const EXPORT_BATCH = 500;
/** Entries of one decision that are read to see whom it concerns: more than a decision can have that anyone reads. */
const LONGEST_STORY = 1_000;

/**
 * Reading the record. Auditors and services may read all of it, other people what concerns them, an agent only the decisions
 * that it asked for itself. Proofs and heads say nothing about any event, so every caller may have them.
 */
export class AuditApi {
  constructor(
    private readonly reader: LedgerReader,
    private readonly checkpoints: CheckpointStore,
  ) {}

  handlers(): Answers {
    return {
      ListEntries: (request, call) => this.listEntries(request, call),
      GetEntry: (request, call) => this.getEntry(request, call),
      GetInclusionProof: (request) => this.getInclusionProof(request),
      GetConsistencyProof: (request) => this.getConsistencyProof(request),
      GetCheckpoint: async () => checkpointMessage(await this.head()),
      Export: (request, call) => this.export(request, call),
    };
  }

  private async listEntries(request: Request<'ListEntries'>, { caller }: Call<Caller>) {
    const { decisionId } = request;
    const { from, limit } = pageOf(request);
    if (!/^[\x21-\x7e]{0,256}$/.test(decisionId)) {
      throw invalidArgument({ field: 'decision_id', description: 'is not a decision id' });
    }
    const story = await this.requireConcerned(caller, decisionId);
    // One more than asked for says whether there is another page.
    const range = { from, limit: limit + 1 };
    const found = decisionId ? await this.reader.entriesOf(decisionId, range) : await this.reader.entries(range);
    const entries = found.slice(0, limit);
    const last = entries.at(-1);
    return {
      entries: withoutHidden(entries, story).map(entryMessage),
      nextPageToken: found.length > limit && last ? tokenOf(last.index + 1) : '',
    };
  }

  private async getEntry(request: Request<'GetEntry'>, { caller }: Call<Caller>) {
    const index = indexOf(request.index, 'index');
    const [entry] = await this.reader.entries({ from: index, to: index + 1, limit: 1 });
    const story = await this.requireConcerned(caller, entry?.decisionId ?? '');
    if (!entry) throw new StatusError('NOT_FOUND', `there is no entry ${index}`);
    return entryMessage(withoutHidden([entry], story)[0]!);
  }

  private async getInclusionProof(request: Request<'GetInclusionProof'>) {
    const index = indexOf(request.index, 'index');
    const head = await this.head();
    const size = signedSize(indexOf(request.treeSize, 'tree_size') || head.size, head, 'tree_size');
    if (index >= size) throw new StatusError('NOT_FOUND', `entry ${index} is not in a tree of ${size}`);
    const hashes = await this.reader.hashes(inclusionPath(index, size));
    return { index: BigInt(index), treeSize: BigInt(size), hashes, checkpoint: checkpointMessage(head) };
  }

  private async getConsistencyProof(request: Request<'GetConsistencyProof'>) {
    const head = await this.head();
    const to = signedSize(indexOf(request.toSize, 'to_size') || head.size, head, 'to_size');
    const from = indexOf(request.fromSize, 'from_size');
    if (from < 1 || from > to)
      throw invalidArgument({
        field: 'from_size',
        description: `give a size from 1 to ${to}: nothing can be proven about an empty tree`,
      });
    const hashes = await this.reader.hashes(consistencyPath(from, to));
    return { fromSize: BigInt(from), toSize: BigInt(to), hashes };
  }

  private async *export(request: Request<'Export'>, { caller, signal }: Call<Caller>) {
    requireRole(caller, 'record');
    // Entries that arrive while it runs are left out, so that it ends.
    const size = await this.reader.size();
    const to = Math.min(indexOf(request.toIndex, 'to_index') || size, size);
    for (let from = indexOf(request.fromIndex, 'from_index'); from < to && !signal.aborted; from += EXPORT_BATCH) {
      const batch = await this.reader.entries({ from, to, limit: EXPORT_BATCH });
      yield* batch.map(entryMessage);
    }
  }

  /**
   * Who does not read everything reads about one decision at a time. One whose first event has not reached the ledger yet
   * has nothing to tell, and is not refused: a moment later it may be the caller's own. Returns the story of a decision of
   * which a person may not see what policy hides from those who are asked.
   */
  private async requireConcerned(caller: Caller, stream: string): Promise<LedgerEntry[]> {
    if (caller.kind === 'service') return [];
    requireScope(caller, 'read');
    if (seesAll(caller)) return [];
    if (stream === '') throw notYours(caller);
    const entries = await this.reader.entriesOf(stream, { from: 0, limit: LONGEST_STORY });
    if (entries.length > 0 && !concerns(entries, caller)) throw notYours(caller);
    return caller.kind === 'person' ? entries : [];
  }

  private async head(): Promise<StoredCheckpoint> {
    const head = await this.checkpoints.latest();
    if (!head) throw new StatusError('UNAVAILABLE', 'nothing is signed yet', { retryAfterMs: 1000 });
    return head;
  }
}

/** A proof leads to a signed head or to nothing. */
function signedSize(size: number, head: StoredCheckpoint, field: string): number {
  if (size > head.size)
    throw invalidArgument({
      field,
      description: `the newest checkpoint covers ${head.size} entries: give that or less`,
    });
  return size;
}

function notYours({ kind }: Caller): StatusError {
  const [text, details] =
    kind === 'agent'
      ? [
          'an agent reads the record of its own decisions only: give decision_id of one',
          { reason: 'NOT_YOUR_DECISION' },
        ]
      : [
          'without the role auditor you read what concerns you only: give decision_id of a decision you have a part in',
          { reason: 'ROLE_REQUIRED', metadata: { role: 'auditor' } },
        ];
  return new StatusError('PERMISSION_DENIED', text, details);
}
