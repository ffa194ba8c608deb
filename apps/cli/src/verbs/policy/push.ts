import { readFile, stat } from 'node:fs/promises';
import { SERVICES, UploadBundleResponseSchema } from '@countersign/contract';
import { bundleText, shortRevision } from '../../bundle-text.js';
import type { Config } from '../../config.js';
import { EXIT, UsageError } from '../../exit.js';
import { asJson } from '../../json.js';
import { opaProgram } from '../../opa.js';
import { say, type Terminal } from '../../terminal.js';
import { verb } from '../../verb.js';
import { SIGNING, signingKey } from './signing-key.js';

/** As much as the service takes in one message. */
const PIECE = 64 * 1024;

export const policyPush = verb({
  name: 'policy push',
  summary: 'give a policy to the service, to be activated later',
  about:
    'Uploads a compiled bundle, or compiles a folder and uploads that. The service checks it and keeps it under its revision; ' +
    'it does not serve until it is activated. Whoever uploads it is its author, and cannot approve its activation.',
  usage: '<bundle|folder>',
  takes: { min: 1, max: 1 },
  options: {
    note: { type: 'string', value: '<text>', help: 'what it changes and why, for those who are asked to approve it' },
    ...SIGNING,
  },
  examples: [
    'countersign policy push ./my-policies --note "asks a dba before a table is dropped"',
    'countersign policy push countersign-bundle.tar.gz',
  ],
  exits: [0, 1, 2, 3],
  async run({ values, positionals: [source], config, terminal, client, now }) {
    const key = await signingKey(values);
    const archive = await archiveOf(source!, config, terminal);
    const { signBundle } = await import('@countersign/policy');
    const bytes = key ? signBundle(archive, key) : archive;
    const answer = await client().send(SERVICES.PolicyService.method.uploadBundle, [
      { part: { case: 'header', value: { note: values.note ?? '' } } },
      ...pieces(bytes),
    ]);
    if (terminal.json) {
      terminal.value(asJson(UploadBundleResponseSchema, answer));
      return EXIT.ok;
    }
    const { bundle, known } = answer;
    terminal.print(say`${say`ok`.styled('green')}  ${known ? 'was there already' : 'is kept'}`);
    terminal.print(bundleText(bundle!, now()));
    if (!bundle!.active) {
      const next = `countersign policy activate ${shortRevision(bundle!.revision)} --reason "…" --wait 5m`;
      terminal.print(say`  ${say`run     `.styled('dim')} ${say`${next}`.styled('cyan')}`);
    }
    return EXIT.ok;
  },
});

async function archiveOf(source: string, config: Config, terminal: Terminal): Promise<Buffer> {
  const found = await stat(source).catch((cause: unknown) => {
    throw new UsageError(`${source} cannot be read (${(cause as Error).message}): give a bundle or a folder of Rego`);
  });
  if (!found.isDirectory()) return readFile(source);
  const { compileFolder } = await import('@countersign/policy');
  return (await compileFolder(source, await opaProgram(config, terminal))).archive;
}

function pieces(bytes: Buffer) {
  return Array.from({ length: Math.ceil(bytes.length / PIECE) }, (_, i) => ({
    part: { case: 'chunk' as const, value: new Uint8Array(bytes.subarray(i * PIECE, (i + 1) * PIECE)) },
  }));
}
