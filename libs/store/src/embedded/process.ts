import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Whom a child process runs as. Undefined: as ourselves. PostgreSQL refuses to run as root. */
export type Account = { uid: number; gid: number } | undefined;

/** Children get no environment of ours: it holds secrets, and PG* variables would change what they do. */
const ENVIRONMENT = process.platform === 'win32' ? undefined : { PATH: '/usr/bin:/bin', LC_ALL: 'C' };

export function spawnOptions(account: Account) {
  return { env: ENVIRONMENT, cwd: '/', windowsHide: true, ...account };
}

/** Runs a short command and says how it ended, with all it printed. */
export function run(
  command: string,
  args: string[],
  account: Account,
  input = '',
): Promise<{ ok: boolean; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { ...spawnOptions(account), stdio: 'pipe' });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    // A child that ends before it has read its input is judged by its exit code alone.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    child.on('error', (error) => resolve({ ok: false, output: error.message }));
    child.on('close', (code) => resolve({ ok: code === 0, output }));
  });
}

/**
 * When a process was born, as text to compare, or undefined when no such process lives. A pid alone is no identity: it
 * is given out again. A zombie holds nothing any more and counts as dead.
 */
export function bornAt(pid: number): string | undefined {
  if (process.platform === 'linux') {
    const fields = procStat(pid);
    return fields?.[0] === 'Z' ? undefined : fields?.[19];
  }
  if (process.platform !== 'win32') {
    const ps = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], spawnOptions(undefined));
    return ps.stdout.toString().trim() || undefined;
  }
  try {
    process.kill(pid, 0);
    return 'alive';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? 'alive' : undefined;
  }
}

/** Dead, but its parent has not asked for its exit code yet. */
export function isZombie(pid: number): boolean {
  return process.platform === 'linux' && procStat(pid)?.[0] === 'Z';
}

/** The fields of /proc/<pid>/stat from the third, the state, on; the twentieth of them is the start time in ticks. */
function procStat(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in the second field may contain spaces and brackets; what follows its last bracket does not.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

/** Resolves to whether the condition came true in time. */
export async function until(condition: () => boolean, timeoutMs: number): Promise<boolean> {
  for (const end = Date.now() + timeoutMs; Date.now() < end;) {
    if (condition()) return true;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return condition();
}
