import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startKafka, testKafka } from '../test/kafka.js';

const kafka = await testKafka();
const MODULE = new URL('./kafka.mjs', import.meta.url).href;

describe.skipIf('unavailable' in kafka)('the fetched broker', () => {
  it(
    'dies with its parent, also when that is killed, and its folder serves the next start',
    { timeout: 90_000 },
    async () => {
      const dataDir = await mkdtemp(join(tmpdir(), 'countersign-kafka-'));
      onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
      const script = `const { startKafka } = await import(${JSON.stringify(MODULE)});
      const { pid } = await startKafka({ dataDir: ${JSON.stringify(dataDir)} });
      process.stdout.write(String(pid));`;
      const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const pid = await new Promise<number>((resolve) => parent.stdout.once('data', (text) => resolve(Number(text))));
      expect(isAlive(pid)).toBe(true);
      parent.kill('SIGKILL');
      await expect.poll(() => isAlive(pid), { timeout: 20_000 }).toBe(false);
      const again = await startKafka({ dataDir });
      await again.stop();
      expect(isAlive(again.pid)).toBe(false);
    },
  );
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
