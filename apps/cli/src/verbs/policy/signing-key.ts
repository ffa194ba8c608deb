import { readFile } from 'node:fs/promises';
import type { SigningKey } from '@countersign/policy';
import { UsageError } from '../../exit.js';

/** How a verb is told what to sign a bundle with; opa's own names, where it has them. */
export const SIGNING = {
  'signing-key': { type: 'string', value: '<file>', help: 'sign with this private key in PEM, or secret' },
  'signing-alg': { type: 'string', value: '<name>', help: 'RS256 unless given; ES256, HS256, …' },
  'key-id': { type: 'string', value: '<name>', help: 'name of the key where the bundle is verified (default)' },
  scope: { type: 'string', value: '<name>', help: 'what the bundle is for, where that is verified' },
} as const;

type Values = Partial<Record<keyof typeof SIGNING, string>>;

/** The key to sign with, or undefined when nothing is to be signed. */
export async function signingKey(values: Values): Promise<SigningKey | undefined> {
  const { 'signing-key': path, 'signing-alg': algorithm = 'RS256', 'key-id': id = 'default', scope } = values;
  if (path === undefined) {
    const needless = (['signing-alg', 'key-id', 'scope'] as const).find((name) => values[name] !== undefined);
    if (needless) throw new UsageError(`--${needless} says how to sign: give the key with --signing-key`);
    return undefined;
  }
  if (!/^(RS|PS|ES|HS)(256|384|512)$/.test(algorithm))
    throw new UsageError(`--signing-alg ${algorithm} is not one of RS, PS, ES and HS with 256, 384 or 512`);
  const key = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new UsageError(`the signing key ${path} cannot be read (${(cause as Error).message})`);
  });
  // A line end after a secret is the editor's, and no part of it.
  return { id, algorithm: algorithm as SigningKey['algorithm'], key: key.trimEnd(), ...(scope ? { scope } : {}) };
}
