import { existsSync } from 'node:fs';
import { createPublicKey, hash, type JsonWebKey } from 'node:crypto';
import { removeKey, rotateKeys } from '@countersign/keys';
import { inWords, parseDuration } from '../duration.js';
import { EXIT, UsageError } from '../exit.js';
import { say } from '../terminal.js';
import { verb, type Option } from '../verb.js';
import { fetchText, get, parseJsonObject } from '../web.js';

interface Published extends JsonWebKey {
  kid?: string;
  /** From when it signs, in seconds; absent for the first key. */
  nbf?: number;
}

const FOLDER = {
  keys: { type: 'string', value: '<folder>', help: 'where the keys are (COUNTERSIGN_GRANT_KEYS, <data folder>/keys)' },
} as const satisfies Record<string, Option>;

export const keys = verb({
  name: 'keys',
  summary: 'show the public keys of grants and of the ledger',
  about:
    'Prints the keys an outsider needs. Compare the fingerprints with ones you got another way before you trust them.',
  options: {},
  examples: ['countersign keys', 'countersign keys --json > keys.json'],
  exits: [0, 1, 2],
  async run({ terminal, config, now }) {
    const source = `${config.httpUrl}/.well-known/jwks.json`;
    const jwks = parseJsonObject(await fetchText(source), source);
    const grantKeys = (Array.isArray(jwks['keys']) ? jwks['keys'] : []) as Published[];
    const ledger = await get(`${config.httpUrl}/.well-known/ledger-key`);
    const ledgerKey = ledger.status === 200 ? ledger.text.trim() : undefined;
    if (terminal.json) {
      terminal.value({ ...jwks, ledger_key: ledgerKey ?? null });
      return EXIT.ok;
    }
    terminal.print(say`${say`Grants`.styled('bold')} (${source})`);
    for (const key of grantKeys) {
      terminal.print(say`  ${key.kid ?? '(no id)'}  ${key.crv ?? key.kty ?? ''}  ${fingerprint(key)}`);
      terminal.print(say`    ${partOf(key, grantKeys, now().getTime() / 1000)}`.styled('dim'));
    }
    terminal.print(say`${say`Ledger`.styled('bold')} (${config.httpUrl}/.well-known/ledger-key)`);
    terminal.print(ledgerKey ? say`  ${ledgerKey}` : say`  not published by this service`.styled('dim'));
    return EXIT.ok;
  },
});

export const keysRotate = verb({
  name: 'keys rotate',
  summary: 'add a key that signs grants from then on',
  about:
    'For the operator, on the machine where the keys are. Running services notice by themselves: they publish the new key at ' +
    'once and sign with it from its time on; what the old one has signed works until it is used or expires. With several machines, ' +
    'copy the new file to each before its time, name and all: a grant of a key that a machine does not have is refused there.',
  options: {
    ...FOLDER,
    in: { type: 'string', value: '<duration>', help: 'when it begins to sign, so that all may hear of it first: 5m' },
  },
  examples: ['countersign keys rotate', 'countersign keys rotate --in 24h --keys /run/secrets/grant-keys'],
  exits: [0, 1, 2],
  async run({ values, config, terminal, now }) {
    const folder = folderOf(values.keys ?? config.keys);
    const waitMs = values.in === undefined ? 300_000 : parseDuration(values.in, '--in');
    const { kid, name, signsFrom } = rotateKeys(folder, new Date(now().getTime() + waitMs));
    const signs_from = new Date(signsFrom).toISOString();
    if (terminal.json) terminal.value({ kid, file: `${folder}/${name}`, signs_from });
    else {
      terminal.print(say`${say`ADDED`.styled('green')}  ${kid}`);
      terminal.print(say`  file   ${folder}/${name}`);
      terminal.print(say`  signs  from ${signs_from}, in ${inWords(waitMs)}`);
      terminal.print(say`  with several machines: copy the file to each before then`.styled('dim'));
    }
    return EXIT.ok;
  },
});

export const keysRemove = verb({
  name: 'keys remove',
  summary: 'take a key away: what it has signed is refused at once',
  about:
    'For the operator, when a key may have been stolen. Running services refuse its grants from now on; whoever has been ' +
    'granted something gets a new grant by fetching the decision again. Systems that verify offline go on for as long as they keep ' +
    'keys: a minute with @countersign/grant. Remove it on every machine. The file stays, under another name.',
  usage: '<kid>',
  takes: { min: 1, max: 1 },
  options: FOLDER,
  examples: ['countersign keys remove kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k'],
  exits: [0, 1, 2],
  async run({ values, positionals: [kid], config, terminal }) {
    const aside = removeKey(folderOf(values.keys ?? config.keys), kid!);
    if (terminal.json) terminal.value({ removed: kid, file: aside });
    else terminal.print(say`${say`REMOVED`.styled('green')}  ${kid!}; the file is now ${aside}`);
    return EXIT.ok;
  },
});

/** A folder that is not there is another machine, or a typing error: no keys are made up for it. */
function folderOf(folder: string): string {
  if (existsSync(folder)) return folder;
  throw new UsageError(`there is no ${folder}: run this where the service keeps its keys, or say where with --keys`);
}

/** What a key is for now: the newest whose time has come signs. */
function partOf({ nbf = 0 }: Published, all: readonly Published[], seconds: number): string {
  const when = nbf > 0 ? new Date(nbf * 1000).toISOString() : 'the beginning';
  if (nbf > seconds) return `signs from ${when}`;
  const newer = all.some((other) => (other.nbf ?? 0) > nbf && (other.nbf ?? 0) <= seconds);
  return newer ? 'signs no more; published until what it has signed is used or over' : `signs since ${when}`;
}

function fingerprint(jwk: JsonWebKey): string {
  try {
    const der = createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'der' });
    return `sha256:${hash('sha256', der, 'hex')}`;
  } catch {
    return 'not a key this program can read';
  }
}
