import { beforeEach, describe, expect, it } from 'vitest';
import { ANYTHING, numbered, QUESTION } from '../test/numbered.js';
import { parseBundle, withData, type Bundle } from './bundle.js';
import { addHostMetrics } from './host-metrics.js';
import { PolicyHost } from './host.js';
import type { PolicyEvent } from './policy.js';
import { pack, unpack } from './tarball.js';

const [ONE, TWO, THREE] = [numbered(1), numbered(2), numbered(3)];
/** No WebAssembly at all. */
const BROKEN: Bundle = { ...ONE, revision: 'sha256:broken', wasm: Buffer.from('nonsense'), location: 'broken.tar.gz' };

let events: PolicyEvent[];
let host: PolicyHost;
beforeEach(() => {
  events = [];
  host = new PolicyHost({ log: () => {} });
  host.on((event) => events.push(event));
});

const roles = () => host.bundles().map(({ revision, role }) => [revision, role]);

describe('a host', () => {
  it('without a policy answers nobody, and says that it has none', () => {
    expect(() => host.evaluate(QUESTION)).toThrow(
      expect.objectContaining({ code: 'policy-unavailable', retryable: true }),
    );
    expect(host.problem()).toBe('no policy has been loaded');
    expect([host.revision, host.bundles(), host.warning()]).toEqual(['', [], undefined]);
  });

  it('serves what was loaded last, and keeps the one before', async () => {
    await host.load(ONE);
    expect(host.evaluate(QUESTION).policy.revision).toBe(ONE.revision);
    await host.load(TWO);
    expect(host.evaluate(QUESTION).policy.revision).toBe(TWO.revision);
    await host.load(THREE);
    expect(roles()).toEqual([
      [THREE.revision, 'serving'],
      [TWO.revision, 'previous'],
    ]);
    expect(events).toEqual([
      { type: 'serving', revision: ONE.revision, source: 'file', location: 'bundle 1' },
      { type: 'serving', revision: TWO.revision, previous: ONE.revision, source: 'file', location: 'bundle 2' },
      { type: 'serving', revision: THREE.revision, previous: TWO.revision, source: 'file', location: 'bundle 3' },
    ]);
  });

  it('loads in the order of the calls, whatever takes longer', async () => {
    await Promise.all([ONE, TWO, THREE, ONE, TWO].map((bundle) => host.load(bundle)));
    expect(host.revision).toBe(TWO.revision);
    expect(events).toHaveLength(5);
  });

  it('takes what serves already for no change, and learns where it is from now', async () => {
    await host.load(ONE);
    await host.load({ ...ONE, location: 'elsewhere' });
    expect(events).toHaveLength(1);
    expect(host.bundles()).toMatchObject([{ revision: ONE.revision, location: 'elsewhere' }]);
  });

  it('compiles code once, however often its data change', async () => {
    await host.load(ONE);
    for (let n = 10; n < 20; n++) await host.load(numbered(n));
    const { revision } = await host.updateData('{"number": 99}');
    expect(host.compiled).toBe(1);
    expect(revision).toBe(numbered(99).revision);
    expect(host.revision).toBe(revision);
  });
});

describe('a bundle that cannot serve', () => {
  beforeEach(() => host.load(ONE));

  it.each<[string, Bundle, RegExp]>([
    ['is no WebAssembly', BROKEN, /broken\.tar\.gz cannot be loaded/],
    [
      'has no entrypoint',
      { ...ONE, revision: 'x', wasm: Buffer.from([0, 97, 115, 109, 1, 0, 0, 0]) },
      /cannot be loaded/,
    ],
  ])('because it %s leaves the old one serving, and says so', async (_, bundle, why) => {
    await expect(host.load(bundle)).rejects.toMatchObject({ name: 'Fault', code: 'policy-bundle' });
    expect(host.evaluate(QUESTION)).toMatchObject({ effect: 'allow', policy: { revision: ONE.revision } });
    expect(host.problem()).toBeUndefined();
    expect(host.warning()).toMatch(why);
    expect(events.at(-1)).toMatchObject({
      type: 'load-failed',
      code: 'policy-bundle',
      location: bundle.location,
      revision: bundle.revision,
    });
    expect(host.loadFailures).toBe(1);
  });

  it('is told of once, however often it is delivered, and forgotten when a good one is', async () => {
    for (let i = 0; i < 3; i++) await host.load(BROKEN).catch(() => undefined);
    expect(events.filter(({ type }) => type === 'load-failed')).toHaveLength(1);
    expect(host.loadFailures).toBe(3);
    await host.load(TWO);
    expect(host.warning()).toBeUndefined();
    await host.load(BROKEN).catch(() => undefined);
    expect(events.filter(({ type }) => type === 'load-failed')).toHaveLength(2);
  });

  it('because its data are no object changes nothing', async () => {
    for (const data of ['[1]', 'null', '{"a":', '']) {
      await expect(host.updateData(data)).rejects.toMatchObject({ code: 'policy-bundle' });
    }
    expect(host.revision).toBe(ONE.revision);
  });

  it('because nobody signed it changes nothing where only signed ones may serve', async () => {
    const strict = new PolicyHost({ log: () => {}, signedOnly: true });
    await expect(strict.load(ONE)).rejects.toMatchObject({ code: 'policy-signature' });
    await strict.load({ ...ONE, signedBy: 'release' });
    await expect(strict.updateData('{}')).rejects.toMatchObject({ code: 'policy-signature' });
    expect(strict.revision).toBe(ONE.revision);
  });
});

describe('a rollback', () => {
  it('makes the one before serve in the same instant, and can be undone', async () => {
    await host.load(ONE);
    await host.load(TWO);
    expect(host.rollback().revision).toBe(ONE.revision);
    expect(host.evaluate(QUESTION).policy.revision).toBe(ONE.revision);
    expect(roles()[1]).toEqual([TWO.revision, 'previous']);
    expect(events.at(-1)).toMatchObject({ type: 'rolled-back', revision: ONE.revision, previous: TWO.revision });
    host.rollback();
    expect(host.revision).toBe(TWO.revision);
    expect(host.compiled).toBe(1);
  });

  it('to nothing is refused, and what serves goes on', async () => {
    await host.load(ONE);
    expect(() => host.rollback()).toThrow(expect.objectContaining({ code: 'policy-no-previous' }));
    expect(host.revision).toBe(ONE.revision);
  });
});

describe('a candidate', () => {
  const compared = () => host.shadowReport()?.compared;

  it('is asked what is asked live, and answers nothing', async () => {
    await host.load(ONE);
    await host.shadow(TWO);
    for (let i = 0; i < 50; i++) expect(host.evaluate(QUESTION).policy.revision).toBe(ONE.revision);
    await expect.poll(compared).toBe(50);
    expect(host.shadowReport()).toMatchObject({
      live: ONE.revision,
      candidate: { revision: TWO.revision },
      differences: [],
    });
    expect(roles()).toEqual([
      [ONE.revision, 'serving'],
      [TWO.revision, 'candidate'],
    ]);
  });

  it('is compared anew when another policy serves, and no longer when it serves itself', async () => {
    await host.load(ONE);
    await host.shadow(TWO);
    host.evaluate(QUESTION);
    await expect.poll(compared).toBe(1);
    await host.load(THREE);
    expect(host.shadowReport()).toMatchObject({ live: THREE.revision, compared: 0 });
    await host.load(TWO);
    expect([host.shadowReport(), host.revision, host.compiled]).toEqual([undefined, TWO.revision, 1]);
  });

  it('that cannot be evaluated leaves the one before, and what serves, alone', async () => {
    await host.load(ONE);
    await host.shadow(TWO);
    await expect(host.shadow(BROKEN)).rejects.toMatchObject({ code: 'policy-bundle' });
    expect(host.shadowReport()?.candidate.revision).toBe(TWO.revision);
    expect(host.warning()).toBeUndefined();
    await host.shadow(undefined);
    expect(host.shadowReport()).toBeUndefined();
  });
});

it('metrics say since when what serves, what could not be loaded, and what a candidate would do', async () => {
  const gauges = new Map<string, () => number>();
  addHostMetrics((name, _, read) => void gauges.set(name, read), host);
  const read = () => Object.fromEntries([...gauges].map(([name, value]) => [name, value()]));
  expect(new Set(Object.values(read()))).toEqual(new Set([0]));
  await host.load(ONE);
  await host.load(BROKEN).catch(() => undefined);
  await host.shadow(TWO);
  host.evaluate(QUESTION);
  host.evaluate('no input');
  await expect.poll(() => read()['policy_shadow_compared']).toBe(1);
  const { policy_loaded_at, ...others } = read();
  expect(policy_loaded_at).toBeCloseTo(Date.now() / 1000, -2);
  expect(others).toMatchObject({
    policy_load_failures: 1,
    policy_faults: 1,
    policy_kept: 0,
    policy_shadow_differing: 0,
  });
});

describe('listeners', () => {
  it('that break harm nobody, and hear nothing once they have left', async () => {
    const heard: string[] = [];
    host.on(() => {
      throw new Error('broken');
    });
    const leave = host.on(({ type }) => heard.push(type));
    await host.load(ONE);
    leave();
    await host.load(TWO);
    expect(heard).toEqual(['serving']);
    expect(host.revision).toBe(TWO.revision);
  });
});

it('an archive with other data is one that opa bundles are read from', () => {
  const { archive, revision } = withData(ANYTHING, '{"b":1,"a":"ü"}');
  expect(parseBundle(archive, 'file', 'x')).toMatchObject({ revision, data: '{"a":"ü","b":1}' });
});

describe('an archive', () => {
  const files = new Map([
    ['policy.wasm', Buffer.from('code')],
    ['data.json', Buffer.alloc(1024, 'x')],
    ['a/b/empty.rego', Buffer.alloc(0)],
  ]);

  it('holds what was put into it', () => {
    expect(unpack(pack(files))).toEqual(files);
  });

  it('that holds a name twice is refused: who signed it may have read the other one', () => {
    const twice = [...files].flatMap((entry) => [entry, entry]);
    expect(() => unpack(pack({ [Symbol.iterator]: () => twice.values() } as never))).toThrow('policy.wasm twice');
  });

  it('whose paths leave it is refused', () => {
    expect(() => unpack(pack(new Map([['../x', Buffer.alloc(1)]])))).toThrow('leaves it');
  });
});
