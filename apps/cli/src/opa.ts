import { spawn } from 'node:child_process';
import { Fault } from '@countersign/contract';
import type { Config } from './config.js';
import { EXIT } from './exit.js';
import { say, type Terminal } from './terminal.js';

/** Runs opa with its output passed on line by line, made inert: it quotes policy files, which are anybody's text. */
export async function runOpa(args: string[], config: Config, terminal: Terminal): Promise<number> {
  const child = spawn(config.opaBin ?? 'opa', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const chunks = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (chunks.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (chunks.stderr += text));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', (cause) =>
      reject(new Fault('no-opa', `opa was not found: install it, put it on PATH, or point OPA_BIN at it`, { cause })),
    );
    child.on('close', resolve);
  });
  const ok = code === 0;
  if (terminal.json) {
    terminal.value({ ok, command: ['opa', ...args], output: chunks.stdout.trimEnd(), errors: chunks.stderr.trimEnd() });
  } else {
    if (chunks.stdout) terminal.print(say`${chunks.stdout.trimEnd()}`);
    if (chunks.stderr) terminal.warn(say`${chunks.stderr.trimEnd()}`);
    terminal.print(
      ok
        ? say`${say`ok`.styled('green')}  opa ${args.join(' ')}`
        : say`${say`failed`.styled('red')}  opa ${args.join(' ')}`,
    );
  }
  return ok ? EXIT.ok : EXIT.fault;
}
