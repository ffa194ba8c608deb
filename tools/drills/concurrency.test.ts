import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFailed } from 'vitest';
import { testDatabase } from '../../test/postgres.js';
import { runDrill } from './drill.mjs';
import { KINDS } from './kinds.mjs';

// Twice each kind of crowd; `node tools/drills/concurrency.mjs` plays a thousand rounds of the same.
const ROUNDS = Number(process.env['DRILL_ROUNDS'] ?? 2 * Object.keys(KINDS).length);

it(
  `64 voters and redeemers at once over four processes: exactly one outcome each, and the same story in the events, ${ROUNDS} times`,
  { timeout: 120_000 + ROUNDS * 5_000 },
  async ({ annotate }) => {
    const lines: string[] = [];
    onTestFailed(() => void process.stderr.write(`${lines.slice(-40).join('\n')}\n`));
    const database = await testDatabase();
    const dataDir = await mkdtemp(join(tmpdir(), 'countersign-drill-'));
    try {
      const env = { PATH: process.env['PATH'], HOME: process.env['HOME'] };
      const result = await runDrill({
        rounds: ROUNDS,
        databaseUrl: database.url,
        dataDir,
        env,
        log: (line) => void lines.push(line),
      });
      expect(result.problems).toEqual([]);
      expect(result).toMatchObject({ rounds: ROUNDS, crowd: 64, processes: 4, ok: true });
      // Every process has written, or fewer than four have raced; and people were refused, or nobody has.
      expect(result.sources).toBeGreaterThanOrEqual(4);
      if (ROUNDS >= Object.keys(KINDS).length)
        expect(Object.keys(result.ends).sort()).toEqual(Object.keys(KINDS).sort());
      expect(result.answers['approve']!['ALREADY_DECIDED']).toBeGreaterThan(0);
      const { calls, contention, events, seconds } = result;
      await annotate(`${ROUNDS} rounds, ${calls} calls, ${events} events, ${contention} tried again, ${seconds} s`);
    } finally {
      await database.drop();
      await rm(dataDir, { recursive: true, force: true });
    }
  },
);
