import { createHash } from 'node:crypto';
import { digestOf, verifySources, type SourceProblem } from '@countersign/ledger';
import type { EventDraft, Pool, Write } from '@countersign/store';

// Writes as intake makes them, for tests of the store, and what the table shows of them afterwards.

let made = 0;

export function aDraft(type: string, version: number): EventDraft {
  made += 1;
  return { id: `evt_${String(made).padStart(26, '0')}`, type, at: '2026-11-21T10:00:00.000Z', version, data: '{}' };
}

/** An answer that needs nobody: one event, no state. */
export function anAnswer(decisionId: string, requestId?: string): Write {
  return {
    decisionId,
    events: [aDraft('decision.allowed', 1)],
    ...(requestId ? { requestKey: keyOf(requestId) } : {}),
  };
}

/** One more event of a decision that has a state row; `version` 1 makes the row. */
export function aStep(
  decisionId: string,
  version: number,
  row: { status?: string; digest?: string; deadline?: string | null; state?: string } = {},
): Write {
  return {
    decisionId,
    events: [aDraft(version === 1 ? 'decision.held' : 'vote.cast', version)],
    state: {
      expected: version - 1,
      row: {
        version,
        status: row.status ?? 'PENDING',
        subject_id: 'release-bot',
        digest: row.digest ?? decisionId,
        deadline: row.deadline === undefined ? '2026-11-21T11:00:00.000Z' : row.deadline,
        due: row.deadline === undefined ? '2026-11-21T11:00:00.000Z' : row.deadline,
        held: true,
        asked: null,
        state: row.state ?? JSON.stringify({ version }),
      },
    },
  };
}

export function keyOf(requestId: string): Buffer {
  return createHash('sha256').update(requestId).digest();
}

export interface StoredEvent {
  id: string;
  decision_id: string;
  version: number;
  source: string;
  seq: number;
  prev: string;
}

export async function storedEvents(pool: Pool): Promise<StoredEvent[]> {
  const { rows } = await pool.query<{ body: Buffer }>('select body from events order by tx, pos');
  return rows.map(({ body }) => JSON.parse(body.toString()) as StoredEvent);
}

/** What is wrong with the numbering and the chains of all sources: nothing, if the writer is right. */
export async function chainProblems(pool: Pool): Promise<SourceProblem[]> {
  const { rows } = await pool.query<{ body: Buffer; source: string; source_seq: string }>(
    'select body, source, source_seq::text from events order by tx, pos',
  );
  return verifySources(
    rows.map(({ body, source, source_seq }) => ({
      source,
      seq: Number(source_seq),
      prev: (JSON.parse(body.toString()) as StoredEvent).prev,
      digest: digestOf(body),
    })),
  );
}
