import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countersign } from '../../apps/cli/test/terminal-run.js';
import {
  answered,
  ANYTHING,
  BOT,
  decisions,
  HOLD,
  People,
  SERVICE_TOKEN,
  startOwnGate,
  type OwnGate,
} from '../gate.js';
import { PeopleService } from '@countersign/contract';

// What people do in a terminal about themselves and about the gate, against a gate as it runs.

let gate: OwnGate;
const people = new People();
beforeAll(async () => void (gate = await startOwnGate({ policies: ANYTHING, directory: people })));
afterAll(() => gate?.stop());

const as = (who: string, ...args: string[]) =>
  countersign([...args, '--address', `127.0.0.1:${gate.grpcPort}`, '--token', `cs_dev_${who}`]);
/** What a verb prints with --json, parsed; it has to end well. */
const json = async <T = Record<string, unknown>>(who: string, ...args: string[]): Promise<T> => {
  const { code, stdout, stderr } = await as(who, ...args, '--json');
  expect([args.join(' '), code, stderr]).toEqual([args.join(' '), 0, expect.any(String)]);
  return JSON.parse(stdout) as T;
};

interface Made {
  id: string;
}

const RULE = {
  ...{ rule: 'incident', reason: 'on call, in an incident', groups: ['oncall'], duration: '15m' },
  ...{ notify: ['security'], review: { groups: ['security'], within: '24h' } },
};
const GLASS = { ...HOLD, break_glass: { rules: [RULE], guarded: false } };
const ask = async (answer: object) => (await gate.grpc.call(BOT, decisions.decide, answered(answer))).id;

const VERBS = [
  ...['delegate', 'delegations', 'delegate end', 'link', 'links', 'unlink', 'tokens create', 'tokens list'],
  ...[
    'tokens revoke',
    'whoami',
    'stop',
    'resume',
    'stops',
    'break-glass',
    'reviews',
    'review close',
    'revoke',
    'decisions',
  ],
];

describe('every verb for people', () => {
  it.each(VERBS)('%s says with --help how it is used, and needs no gate for that', async (name) => {
    const { code, stdout } = await countersign([...name.split(' '), '--help']);
    expect(code).toBe(0);
    for (const part of [`countersign ${name}`, '--json', '--token']) expect(stdout).toContain(part);
  });

  it.each<[string[], string]>([
    [['delegate', '--to', 'ben@acme.example'], '--group'],
    [['delegate', '--to', 'a', '--group', 'dba', '--until', 'soon'], '--until'],
    [['delegate', '--to', 'a', '--group', 'dba', '--until', '36501d'], '--until'],
    [['delegate', 'end'], 'usage: countersign delegate end <id>'],
    [['link'], 'usage: countersign link'],
    [['unlink', 'slack'], 'usage: countersign unlink <slack|teams> <account>'],
    [['tokens', 'create'], 'usage: countersign tokens create <name>'],
    [['tokens', 'create', 'x', '--for', '3 weeks'], '--for'],
    [['tokens'], 'needs one more word'],
    [['tokens', 'revoke'], 'usage: countersign tokens revoke <id>'],
    [['stop', '--all'], '--reason'],
    [['stop', '--all', '--reason', 'x', '--for', `${'9'.repeat(20)}d`], '--for'],
    [['resume', '--reason', 'over'], 'usage: countersign resume <id>'],
    [['resume', 'stp_x'], '--reason'],
    [['break-glass', '--decision', 'dec_x'], '--reason'],
    [['break-glass', '--reason', 'now'], '--action'],
    [['review', 'close', 'dec_x'], '--finding'],
    [['revoke', 'dec_x'], '--reason'],
    [['decisions', '--state', 'pendign'], 'did you mean pending?'],
    [['decisions', '--since', 'yesterday'], '--since'],
    [['decisions', '--since', `${'9'.repeat(20)}d`], '--since'],
    [['decisions', '--since', '2026-02-30T99:00Z'], '24h for a day ago'],
    [['decisions', '--limit', '0'], '--limit'],
    [['whoami', 'x'], 'one argument too many'],
  ])('%j says what is wrong with it, and does nothing', async (args, text) => {
    const plain = await as('dana', ...args);
    expect([plain.code, plain.stdout]).toEqual([2, '']);
    expect(plain.stderr).toContain(text);
    expect(plain.stderr).not.toMatch(/^ {4}at /m);
    const { code, stdout } = await as('dana', ...args, '--json');
    expect([code, JSON.parse(stdout)]).toEqual([2, { error: expect.any(Object) as object }]);
  });

  it.each<[string, string[], string]>([
    ['dana', ['delegate', '--to', 'ben@acme.example', '--group', 'finance', '--until', '1d'], 'finance'],
    ['dana', ['delegate', 'end', 'dlg_01m7y7r80e3cwk6f2qkh99acrs'], 'dlg_'],
    ['release-bot', ['link', 'slack'], 'people'],
    ['dana', ['link', 'irc'], 'slack'],
    ['dana', ['link', 'slack', '--confirm', 'ppl_x', '--account', 'T/U'], ''],
    ['lee', ['links', '--person', 'dana@acme.example'], 'operator'],
    ['dana', ['unlink', 'slack', 'T0ACME/NOBODY'], 'T0ACME/NOBODY'],
    ['dana', ['tokens', 'create', 'x', '--agent', 'release-bot', '--scope', 'all'], 'release-bot'],
    ['dana', ['tokens', 'create', 'x', '--scope', 'root'], 'scopes'],
    ['dana', ['tokens', 'create', 'x', '--for', '400d'], 'lifetime'],
    ['lee', ['tokens', 'list', '--person', 'dana@acme.example'], 'operator'],
    ['dana', ['tokens', 'revoke', 'ppl_x'], 'ppl_x'],
    ['lee', ['stop', '--all', '--reason', 'x'], 'operator'],
    ['ops', ['stop', '--reason', 'x'], 'agent'],
    ['ops', ['resume', 'stp_01m7y7r80e3cwk6f2qkh99acrs', '--reason', 'x'], 'stp_'],
    ['dana', ['break-glass', '--decision', 'dec_01m7y7r80e3cwk6f2qkh99acrs', '--reason', 'x'], 'dec_'],
    ['dana', ['revoke', 'dec_01m7y7r80e3cwk6f2qkh99acrs', '--reason', 'x'], 'dec_'],
    ['dana', ['decisions', '--page', 'x'], 'page_token'],
    ['nobody', ['whoami'], 'credential'],
  ])(
    '%s, who may not: %j is refused in words, with another code than 0, and without a trace of the program',
    async (who, args, text) => {
      const plain = await as(who, ...args);
      expect([1, 2, 3]).toContain(plain.code);
      expect(plain.stderr).toContain(text);
      expect(plain.stderr + plain.stdout).not.toMatch(/^ {4}at /m);
      const { code, stdout } = await as(who, ...args, '--json');
      expect(code).toBe(plain.code);
      expect(JSON.parse(stdout)).toMatchObject({ error: { message: expect.any(String) as string } });
    },
  );

  it('no gate is said, and not thrown', async () => {
    const { code, stderr } = await countersign(['decisions', '--address', '127.0.0.1:1', '--token', 'x']);
    expect(code).toBe(1);
    expect(stderr).toContain('127.0.0.1:1');
    expect(stderr).not.toMatch(/^ {4}at /m);
  });
});

describe('with --json', () => {
  it('a seat is handed over, listed, and taken back', async () => {
    const days = ['--until', '7d', '--reason', 'away'];
    const { delegation } = await json<{ delegation: Made }>(
      'dana',
      'delegate',
      '--to',
      'ben@acme.example',
      '--group',
      'dba',
      ...days,
    );
    expect((await json('ben', 'delegations'))['delegations']).toMatchObject([{ id: delegation.id, group: 'dba' }]);
    expect(await json('dana', 'delegate', 'end', delegation.id)).toMatchObject({
      in_effect_everywhere: true,
    });
    expect((await as('dana', 'delegations')).stdout).toBe('no seat is handed over\n');
  });

  it('an account is linked by proof on both sides, listed, and unlinked', async () => {
    const stated = { channel: 'slack', account: 'T0ACME/U0LEE', from_directory: true };
    expect((await json('lee', 'links'))['links']).toMatchObject([stated, { channel: 'teams' }]);
    const refused = await as('lee', 'link', 'slack', '--json');
    expect(JSON.parse(refused.stdout)).toMatchObject({
      error: { message: expect.stringContaining('directory') as string },
    });
    await people.changed(
      (text) => text.replace(/ {6}slack: T0ACME\/U0LEE\n/, ''),
      async () => {
        const { id, code } = await json<{ id: string; code: string }>('lee', 'link', 'slack');
        const account = 'T0ACME/U0NEW';
        await gate.grpc.call(SERVICE_TOKEN, PeopleService.method.presentLinkCode, {
          ...{ code, person: 'lee@acme.example', chatAccount: { channel: 'slack', account } },
          ...{ accountName: 'lee', workspace: 'Acme' },
        });
        const proved = { channel: 'slack', account, person: 'lee@acme.example' };
        expect((await json('lee', 'links'))['links']).toMatchObject([{ channel: 'teams' }]);
        await json('lee', 'link', 'slack', '--confirm', id, '--account', account);
        expect((await json('lee', 'links'))['links']).toContainEqual(expect.objectContaining(proved));
        expect(await json('lee', 'unlink', 'slack', account)).toMatchObject({ link: proved });
        expect((await json('lee', 'links'))['links']).toMatchObject([{ channel: 'teams' }]);
      },
    );
  });

  it('a token is made, listed, and revoked', async () => {
    const { token } = await json<{ token: Made }>(
      'dana',
      'tokens',
      'create',
      'laptop',
      '--scope',
      'vote',
      '--for',
      '30d',
    );
    const list = await json('dana', 'tokens', 'list');
    expect((list['tokens'] as { id: string }[]).map(({ id }) => id)).toContain(token.id);
    expect(await json('dana', 'tokens', 'revoke', token.id)).toMatchObject({ in_effect_everywhere: true });
    expect(await json('dana', 'whoami')).toMatchObject({ id: 'dana@acme.example', scopes: ['all'] });
  });

  it('an area is stopped, listed, and resumed', async () => {
    const { stop } = await json<{ stop: Made }>('ops', 'stop', '--area', 'mail', '--reason', 'spam', '--for', '1d');
    expect((await json('ops', 'stops'))['stops']).toMatchObject([{ id: stop.id, area: 'mail' }]);
    await json('ops', 'resume', stop.id, '--reason', 'over');
    expect((await json('ops', 'stops'))['stops']).toEqual([]);
  });

  it('a glass is broken, reviewed, and its permission revoked', async () => {
    const id = await ask(GLASS);
    expect(await json('dana', 'break-glass', '--decision', id, '--reason', 'it is down')).toMatchObject({
      id,
      state: 'STATE_ALLOWED',
      broken_glass: { by: 'dana@acme.example' },
    });
    expect((await json('ben', 'reviews'))['reviews']).toMatchObject([{ id }]);
    await json('ben', 'review', 'close', id, '--finding', 'justified', '--comment', 'it was');
    expect(await json('dana', 'revoke', id, '--reason', 'no longer needed')).toMatchObject({ state: 'STATE_REVOKED' });
  });

  it('decisions are listed as --limit says, over as many pages as it takes, and in words', async () => {
    for (let i = 0; i < 3; i++) await ask(HOLD);
    const { decisions: found, next_page_token } = await json('dana', 'decisions', '--state', 'pending', '--limit', '2');
    expect(found).toMatchObject([{ state: 'STATE_PENDING', action: { name: 'db.delete' } }, {}]);
    const rest = await json('dana', 'decisions', '--state', 'pending', '--page', next_page_token as string);
    expect(rest).toMatchObject({ decisions: [{ state: 'STATE_PENDING' }], next_page_token: '' });
    const { stdout, stderr } = await as('dana', 'decisions', '--since', '1d', '--area', 'db', '--limit', '1');
    expect(stdout).toMatch(/^dec_\w+ {2}PENDING {2}.*db\.delete table thing .*release-bot: is held\n$/);
    expect(stderr).toContain('--page dec_');
    expect((await as('dana', 'decisions', '--session', 'none')).stdout).toBe('there is none\n');
  });
});
