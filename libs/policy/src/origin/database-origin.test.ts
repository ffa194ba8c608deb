import { afterEach, beforeEach, expect, it } from 'vitest';
import { numbered, QUESTION } from '../../test/numbered.js';
import { PolicyHost } from '../host.js';
import type { PolicyEvent } from '../policy.js';
import { DatabaseOrigin, type BundleReader } from './database-origin.js';

const [ONE, TWO, THREE] = [numbered(1), numbered(2), numbered(3)];

/** A table of which one row is active. */
class Table implements BundleReader {
  active: { archive: Buffer; revision: string } | undefined;
  down = false;
  #callbacks = new Set<() => void>();

  async current() {
    if (this.down) throw new Error('connection refused');
    return this.active;
  }

  changed(callback: () => void): () => void {
    this.#callbacks.add(callback);
    return () => this.#callbacks.delete(callback);
  }

  activate(row: { archive: Buffer; revision: string }): void {
    this.active = row;
    this.#callbacks.forEach((callback) => callback());
  }

  get listening(): number {
    return this.#callbacks.size;
  }
}

let table: Table;
let host: PolicyHost;
let events: PolicyEvent[];
beforeEach(async () => {
  table = new Table();
  events = [];
  host = new PolicyHost({ log: () => {} });
  host.on((event) => events.push(event));
});
afterEach(() => host.close());

it('what is active serves before anything is answered, whatever is configured besides', async () => {
  await host.load(ONE);
  table.active = TWO;
  await host.follow(new DatabaseOrigin(table));
  expect(host.bundles()[0]).toMatchObject({ revision: TWO.revision, source: 'database' });
});

it('what is configured serves while nothing was ever activated', async () => {
  await host.load(ONE);
  await host.follow(new DatabaseOrigin(table));
  expect(host.revision).toBe(ONE.revision);
  table.activate(TWO);
  await expect.poll(() => host.revision).toBe(TWO.revision);
});

it('an activation serves in a moment, and so does the one that takes it back', async () => {
  table.active = ONE;
  await host.follow(new DatabaseOrigin(table));
  for (const next of [TWO, THREE, TWO, ONE]) {
    table.activate(next);
    await expect.poll(() => host.revision).toBe(next.revision);
  }
  expect(host.compiled).toBe(1);
});

it('of many activations at once, the last one serves', async () => {
  table.active = ONE;
  await host.follow(new DatabaseOrigin(table));
  for (let n = 10; n < 30; n++) table.activate(numbered(n));
  await expect.poll(() => host.revision).toBe(numbered(29).revision);
});

it('what is not what it is called does not serve', async () => {
  table.active = ONE;
  await host.follow(new DatabaseOrigin(table));
  table.activate({ archive: TWO.archive, revision: THREE.revision });
  await expect.poll(() => host.warning()).toContain(`${TWO.revision} under the name of ${THREE.revision}`);
  expect(host.revision).toBe(ONE.revision);
  table.activate(THREE);
  await expect.poll(() => host.revision, { timeout: 5_000 }).toBe(THREE.revision);
  expect(host.warning()).toBeUndefined();
});

it('while the database cannot say what is active, nobody is answered by anything else', async () => {
  await host.load(ONE);
  table.down = true;
  const following = host.follow(new DatabaseOrigin(table));
  await expect(following).rejects.toMatchObject({ code: 'policy-unreachable', retryable: true });
  expect(() => host.evaluate(QUESTION)).toThrow(expect.objectContaining({ code: 'policy-unavailable' }));
  expect(host.problem()).toContain('the policy that is active cannot be had');
  table.active = TWO;
  table.down = false;
  await expect.poll(() => host.problem(), { timeout: 5_000 }).toBeUndefined();
  expect(host.evaluate(QUESTION).policy.revision).toBe(TWO.revision);
});

it('once the database says that nothing is active, what is configured answers', async () => {
  await host.load(ONE);
  table.down = true;
  await host.follow(new DatabaseOrigin(table)).catch(() => undefined);
  table.down = false;
  await expect.poll(() => host.problem(), { timeout: 5_000 }).toBeUndefined();
  expect(host.evaluate(QUESTION).policy.revision).toBe(ONE.revision);
});

it('what is active and cannot be loaded at the start is not replaced by what is configured', async () => {
  await host.load(ONE);
  table.active = { archive: Buffer.from('damaged'), revision: TWO.revision };
  await host.follow(new DatabaseOrigin(table)).catch(() => undefined);
  expect(() => host.evaluate(QUESTION)).toThrow(expect.objectContaining({ code: 'policy-unavailable' }));
  table.activate(THREE);
  await expect.poll(() => host.problem(), { timeout: 5_000 }).toBeUndefined();
  expect(host.evaluate(QUESTION).policy.revision).toBe(THREE.revision);
});

it('nobody listens once the host is closed', async () => {
  table.active = ONE;
  await host.follow(new DatabaseOrigin(table));
  await expect.poll(() => table.listening).toBe(1);
  host.close();
  expect(table.listening).toBe(0);
});
