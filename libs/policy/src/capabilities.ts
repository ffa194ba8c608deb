import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { NATIVE_BUILTINS } from './builtins/native.js';
import { BUILTINS } from './builtins/table.js';

// Which builtins a policy may call: those whose answer depends on their operands alone and is the same here as in OPA. opa is
// told of them, so that it refuses the others itself, with file and line, before a policy is anywhere near serving.

const run = promisify(execFile);

/** The capabilities file for this opa: what it can do itself, less what policies may not call. */
export async function capabilities(opa: string): Promise<string> {
  const { stdout } = await run(opa, ['capabilities', '--current'], { maxBuffer: 16 * 1024 * 1024, timeout: 30_000 });
  const all = JSON.parse(stdout) as { builtins: { name: string }[] };
  // Nor may the compiler fetch anything that a policy names.
  return JSON.stringify({ ...all, builtins: all.builtins.filter(({ name }) => isAvailable(name)), allow_net: [] });
}

export function isAvailable(builtin: string): boolean {
  return NATIVE_BUILTINS.has(builtin) || Object.hasOwn(BUILTINS, builtin);
}

const CLOCK = 'there is no clock: read input.time';
const CHANCE = 'there is no chance: the same request must be decided the same when it is replayed';
const NETWORK = 'a policy reaches nothing: send it what it needs in the request, or ship it in data.json';
const KEYS = 'a policy holds no private keys';
const CERTIFICATES = 'certificates are read where they are presented: send what they say in the request';
const PARSED = 'there is no parser for it here: send it parsed, in the request';

/** Why not, and what to do instead. The first that matches counts. */
const REASONS: [RegExp, string][] = [
  [/^http\.send$|^net\.lookup_ip_addr$/, NETWORK],
  [/^time\.now_ns$/, CLOCK],
  [/^rand\.intn$|^uuid\.rfc4122$/, CHANCE],
  [/^opa\.runtime$/, 'a policy must not depend on where it runs: ship settings in data.json'],
  [/^io\.jwt\.decode_verify$/, 'it looks at the clock: use io.jwt.verify_* and compare exp with input.time.unix'],
  [/^io\.jwt\.encode_sign|^providers\.aws\.sign_req$/, KEYS],
  [/^crypto\.(x509\.|parse_private_keys)/, CERTIFICATES],
  [/^graphql\.|^rego\.parse_module$/, PARSED],
  [
    /^json\.(match|verify)_schema$/,
    'schemas may be fetched, and opa calls it nondeterministic: test what matters in rules',
  ],
  [/^regex\.globs_match$/, 'it compares two patterns: use glob.match on the value itself'],
  [/^strings\.render_template$/, 'use sprintf, or a template string: $"deletes {n} rows"'],
  [/^yaml\.marshal$/, 'how it is laid out differs between versions: use json.marshal'],
];

/** Why a policy may not call a builtin, in a line. */
export function reasonAgainst(builtin: string): string {
  const known = REASONS.find(([pattern]) => pattern.test(builtin))?.[1];
  return `${builtin} is not available to policies: ${known ?? 'it is not among the builtins of this version'}`;
}

/** What opa said of a policy, with the reason for every builtin that it does not know because we do not tell it. */
export function withReasons(said: string): string {
  const names = [...said.matchAll(/undefined function ([a-z0-9_]+(?:\.[a-z0-9_]+)*)/g)].map(([, name]) => name!);
  const refused = [...new Set(names)].filter((name) => REASONS.some(([pattern]) => pattern.test(name)));
  return [said.trimEnd(), ...refused.map(reasonAgainst)].join('\n');
}
