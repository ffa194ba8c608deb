import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { capabilities, isAvailable, reasonAgainst, withReasons } from './capabilities.js';
import { compileFolder } from './folder.js';
import { findOpa } from './opa.js';
import { SHIPPED } from './sources.js';

const opa = await findOpa({ cacheDir: join(SHIPPED, '..', '.countersign', 'cache'), log: () => {}, install: false });
const folder = await mkdtemp(join(tmpdir(), 'countersign-capabilities-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Everything in OPA that looks at a clock, throws dice, or reaches out of the evaluation. */
const OUTSIDE = [
  ...['http.send', 'net.lookup_ip_addr', 'time.now_ns', 'rand.intn', 'uuid.rfc4122', 'opa.runtime'],
  ...['io.jwt.decode_verify', 'io.jwt.encode_sign', 'io.jwt.encode_sign_raw', 'providers.aws.sign_req'],
];

it.each(OUTSIDE)('a policy cannot call %s, and hears what to do instead', (name) => {
  expect(isAvailable(name)).toBe(false);
  expect(reasonAgainst(name)).toMatch(new RegExp(`^${name} is not available to policies: .{20,}`));
});

it('says why only of what opa did not know', () => {
  const said = '1 error occurred: policies/shop.rego:3: rego_type_error: undefined function time.now_ns';
  expect(withReasons(said)).toBe(
    `${said}\ntime.now_ns is not available to policies: there is no clock: read input.time`,
  );
  expect(withReasons('undefined function data.shop.f')).toBe('undefined function data.shop.f');
});

describe.skipIf(!opa)('with opa', () => {
  it('every builtin is either there or refused for a reason', async () => {
    const ours = JSON.parse(await capabilities(opa!)) as { builtins: { name: string }[]; allow_net: string[] };
    const names = new Set(ours.builtins.map(({ name }) => name));
    expect([...names].filter((name) => !isAvailable(name))).toEqual([]);
    expect(OUTSIDE.filter((name) => names.has(name))).toEqual([]);
    expect(names.size).toBeGreaterThan(150);
    expect(ours.allow_net).toEqual([]);
  });

  it('nothing that opa calls nondeterministic is there', async () => {
    const { builtins } = JSON.parse(await capabilities(opa!)) as {
      builtins: { name: string; nondeterministic?: true }[];
    };
    expect(builtins.filter(({ nondeterministic }) => nondeterministic)).toEqual([]);
  });

  it('a policy that calls another does not compile, and is told where and why', async () => {
    const call = 'http.send({"method": "get", "url": input.x})';
    const rego = `package policies.shop\n\nallow contains {"rule": "x", "reason": "y"} if ${call}\n`;
    await writeFile(join(folder, 'shop.rego'), rego);
    await expect(compileFolder(folder, opa!)).rejects.toThrow(
      /policies\/shop\.rego:3: rego_type_error: undefined function http\.send\n.*a policy reaches nothing/s,
    );
  });
});
