import { spawn } from 'node:child_process';
import { Fault } from '@countersign/contract';
import type { Config } from './config.js';
import { EXIT } from './exit.js';
import { say, type Terminal } from './terminal.js';

/** The same opa that the service compiles with: OPA_BIN, PATH, the cache, or installed with Go. */
export async function opaProgram(config: Config, terminal: Terminal): Promise<string> {
  // Loaded only here: the other verbs should not wait for a policy engine.
  const { findOpa } = await import('@countersign/policy');
  const log = (line: string) => terminal.warn(say`${line}`.styled('dim'));
  const found = await findOpa({ opaBin: config.opaBin, cacheDir: config.cacheDir, log });
  if (found === undefined) {
    throw new Fault('no-opa', 'opa 1.12 or newer was not found: put it on PATH, set OPA_BIN, or install Go');
  }
  return found;
}

/** Runs opa with its output passed on line by line, made inert: it quotes policy files, which are anybody's text. */
export async function runOpa(args: string[], config: Config, terminal: Terminal): Promise<number> {
  const child = spawn(await opaProgram(config, terminal), args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const chunks = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (chunks.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (chunks.stderr += text));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', (cause) => reject(new Fault('no-opa', 'opa was found and does not start', { cause })));
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
