import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { GRAFTS } from '../builtins/grafts.js';
import { BUILTINS } from '../builtins/table.js';
import { unpack } from '../tarball.js';
import { graft } from './graft.js';

const archive = readFileSync(new URL('../../fixtures/anything.tar.gz', import.meta.url));
const wasm = unpack(archive).get('policy.wasm')!;

/** The module without the sections that have no meaning to the machine, which is where its names are. */
function withoutCustoms(module: Buffer): Buffer {
  const kept = [module.subarray(0, 8)];
  for (let at = 8; at < module.length;) {
    let [length, shift, next] = [0, 0, at + 1];
    for (let more = true; more; next++, shift += 7) {
      length += (module[next]! & 0x7f) * 2 ** shift;
      more = module[next]! > 0x7f;
    }
    if (module[at] !== 0) kept.push(module.subarray(at, next + length));
    at = next + length;
  }
  return Buffer.concat(kept);
}

describe('grafting our builtins onto a module', () => {
  it('leaves a module that runs, with the same ways in and out', () => {
    const [before, after] = [new Uint8Array(wasm), graft(wasm, GRAFTS)].map((bytes) => new WebAssembly.Module(bytes));
    expect(WebAssembly.Module.exports(after!)).toEqual(WebAssembly.Module.exports(before!));
    expect(WebAssembly.Module.imports(after!)).toEqual(WebAssembly.Module.imports(before!));
  });

  it('changes nothing when there is nothing to graft', () => {
    expect(Buffer.from(graft(wasm, []))).toEqual(wasm);
  });

  it('has a builtin of ours for each of its own that it takes out', () => {
    expect(GRAFTS.filter(({ builtin }) => !(builtin in BUILTINS))).toEqual([]);
  });

  it('refuses a module whose functions have no names: its builtins could not be found', () => {
    expect(() => graft(withoutCustoms(wasm), GRAFTS)).toThrow(/names of its functions were taken out/);
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['text', Buffer.from('package policies.shop')],
    ['an empty module', Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0])],
    ['half a module', wasm.subarray(0, wasm.length >> 1)],
  ])('refuses %s', (_, bytes) => {
    expect(() => graft(bytes, GRAFTS)).toThrow();
  });
});
