import { readdir, readFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BundleServer } from '../../test/bundle-server.js';
import { numbered, QUESTION } from '../../test/numbered.js';
import { readBundle } from '../bundle.js';
import type { PolicyHost } from '../host.js';
import { openPolicyHost } from '../open.js';
import { signBundle } from '../signature/sign.js';
import { LastGood } from './last-good.js';
import type { Origin } from './origin.js';

const SECRET = 'a secret of the two sides, long enough';
const [ONE, TWO] = [numbered(1), numbered(2)].map(({ archive, revision }) => ({
  revision,
  archive,
  signed: signBundle(archive, { id: 'release', algorithm: 'HS256', key: SECRET }),
})) as [Numbered, Numbered];
type Numbered = { revision: string; archive: Buffer; signed: Buffer };

let dataDir: string;
let server: BundleServer;
let lines: string[];
const hosts: PolicyHost[] = [];
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'countersign-kept-'));
  server = new BundleServer(ONE.archive);
  await server.start();
  lines = [];
});
afterEach(async () => {
  hosts.splice(0).forEach((host) => host.close());
  await server.stop();
  await rm(dataDir, { recursive: true, force: true, maxRetries: 10 });
});

/** A process that starts. */
async function start(more: object = {}): Promise<PolicyHost> {
  const host = await openPolicyHost({
    source: server.url,
    pollMs: 20,
    dataDir,
    log: (line) => lines.push(line),
    ...more,
  });
  hosts.push(host);
  return host;
}

async function keptFiles(): Promise<string[]> {
  const root = join(dataDir, 'policies', 'last-good');
  const [folder] = await readdir(root);
  return (await readdir(join(root, folder!))).map((name) => join(root, folder!, name));
}

async function servedAndGone(more: object = {}): Promise<void> {
  const host = await start(more);
  expect(host.problem()).toBeUndefined();
  host.close();
  await server.stop();
}

describe('the last good policy', () => {
  it('serves after a restart while its source is down, which is said everywhere', async () => {
    await servedAndGone();
    const host = await start();
    expect(host.evaluate(QUESTION)).toMatchObject({ effect: 'allow', policy: { revision: ONE.revision } });
    expect(host.problem()).toBeUndefined();
    expect(host.warning()).toMatch(
      /^the policy kept from before, at .*, serves: the policy server .* cannot be reached/,
    );
    expect(host.kept).toBe(true);
    expect(lines.join('\n')).toMatch(/kept from http.*, takes its place/);
    expect(host.bundles()[0]).toMatchObject({ source: 'url', location: server.url });
  });

  it('gives way as soon as the source is back', async () => {
    await servedAndGone();
    const host = await start();
    server.publish(TWO.archive);
    await server.start();
    await expect.poll(() => host.revision, { timeout: 5_000 }).toBe(TWO.revision);
    expect([host.warning(), host.kept]).toEqual([undefined, false]);
  });

  it('stays, and is no longer a makeshift, when the source has just that', async () => {
    await servedAndGone();
    const host = await start();
    await server.start();
    await expect.poll(() => host.warning(), { timeout: 5_000 }).toBeUndefined();
    expect([host.revision, host.kept, host.compiled]).toEqual([ONE.revision, false, 1]);
  });

  it('serves too when the source has something that cannot: a restart changes nothing that served', async () => {
    const host = await start();
    server.instead = (response) => response.writeHead(200).end('damaged');
    await expect.poll(() => host.warning(), { timeout: 5_000 }).toContain('cannot be read');
    const again = await start();
    expect(again.revision).toBe(ONE.revision);
    expect(again.warning()).toContain('cannot be read');
  });

  it('is not there where nothing was ever good: then everything is denied', async () => {
    server.instead = (response) => response.writeHead(200).end('damaged');
    const host = await start();
    expect(host.problem()).toMatch(/no policy has been loaded: .* cannot be read/);
    expect(() => host.evaluate(QUESTION)).toThrow(expect.objectContaining({ code: 'policy-unavailable' }));
  });

  it('is that of its own source, and of no other', async () => {
    await servedAndGone();
    const other = await start({ source: server.url.replace('main', 'other') });
    expect(other.problem()).toContain('no policy has been loaded');
  });

  it('is the one that was rolled back to', async () => {
    const host = await start();
    server.publish(TWO.archive);
    await expect.poll(() => host.revision, { timeout: 5_000 }).toBe(TWO.revision);
    const note = async () => {
      const path = (await keptFiles()).find((file) => file.endsWith('.json'));
      return path && (JSON.parse(await readFile(path, 'utf8')) as { revision: string }).revision;
    };
    await expect.poll(note, { timeout: 5_000 }).toBe(TWO.revision);
    host.rollback();
    await expect.poll(note, { timeout: 5_000 }).toBe(ONE.revision);
    host.close();
    await server.stop();
    expect((await start()).revision).toBe(ONE.revision);
  });

  it('is the one that was told last, also while another is still being written', async () => {
    const origin = { identity: 'here', location: 'here' } as Origin;
    const lastGood = new LastGood(dataDir, undefined, (line) => lines.push(line));
    const [first, second] = await Promise.all([ONE, TWO].map(({ archive }) => readBundle(archive, 'url', 'here')));
    for (let round = 0; round < 20; round++) {
      void lastGood.keep(origin, first!);
      await lastGood.keep(origin, second!);
      expect((await lastGood.read(origin))?.bundle.revision).toBe(TWO.revision);
    }
    expect(lines).toEqual([]);
  });

  it('is one archive and a note, whatever was served', async () => {
    const host = await start();
    for (const n of [3, 4, 5]) {
      const { archive, revision } = numbered(n);
      server.publish(archive);
      await expect.poll(() => host.revision, { timeout: 5_000 }).toBe(revision);
    }
    await expect.poll(async () => (await keptFiles()).length).toBe(2);
  });
});

describe('what was kept is not trusted when', () => {
  it.each<[string, (archive: string, note: string) => Promise<void>]>([
    ['it has changed since', (archive) => writeFile(archive, TWO.archive)],
    ['it was cut off', async (archive) => writeFile(archive, (await readFile(archive)).subarray(0, 100))],
    ['it is gone', (archive) => rm(archive)],
    ['its note is no JSON', (_, note) => writeFile(note, '{')],
    [
      'its note names another revision',
      async (_, note) => writeFile(note, (await readFile(note, 'utf8')).replace(ONE.revision, TWO.revision)),
    ],
    [
      'its note names a file elsewhere',
      async (_, note) =>
        writeFile(note, (await readFile(note, 'utf8')).replace(/"archive":"[^"]*"/, '"archive":"../../x"')),
    ],
  ])('%s: then everything is denied', async (_, change) => {
    await servedAndGone();
    const files = await keptFiles();
    await change(
      files.find((file) => file.endsWith('.gz'))!,
      files.find((file) => file.endsWith('.json'))!,
    );
    const host = await start();
    expect(host.problem()).toContain('no policy has been loaded');
  });

  it('policies must be signed by now, and it is not', async () => {
    await servedAndGone();
    await writeFile(join(dataDir, 'keys.json'), JSON.stringify({ release: { algorithm: 'HS256', key: SECRET } }));
    const host = await start({ keysPath: join(dataDir, 'keys.json') });
    expect(host.problem()).toContain('no policy has been loaded');
    expect(lines.join('\n')).toContain('the policy kept from an earlier run is not used');
  });

  it('its key is no longer one of ours', async () => {
    server.publish(ONE.signed);
    const keys = (id: string) =>
      writeFile(join(dataDir, 'keys.json'), JSON.stringify({ [id]: { algorithm: 'HS256', key: SECRET } }));
    await keys('release');
    await servedAndGone({ keysPath: join(dataDir, 'keys.json') });
    const host = await start({ keysPath: join(dataDir, 'keys.json') });
    expect(host.revision).toBe(ONE.revision);
    host.close();
    await keys('another');
    expect((await start({ keysPath: join(dataDir, 'keys.json') })).problem()).toContain('no policy has been loaded');
  });
});
