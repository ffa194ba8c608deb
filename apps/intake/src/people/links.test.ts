import { ApprovalService, DecisionService, PeopleService, Vote } from '@countersign/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BOT, newPlace, People, SERVICE_TOKEN, startGate, type Gate } from '../../../../test/gate.js';

const { startLink, presentLinkCode, getLink, confirmLink, listLinks, removeLink } = PeopleService.method;
const DANA = { token: 'cs_dev_dana', id: 'dana@acme.example' };
const ANA = { token: 'cs_dev_ana', id: 'ana@acme.example' };
const OPS = 'cs_dev_ops';

let place: Awaited<ReturnType<typeof newPlace>>;
let gate: Gate;
let other: Gate;
const people = new People();
let restore: () => void;

beforeAll(async () => {
  place = await newPlace();
  const options = { ...place, directory: people };
  [gate, other] = [await startGate(options), await startGate(options)];
  // Nobody's Slack account is stated by the directory but Ben's.
  const done = new Promise<void>((resolve) => (restore = resolve));
  void people.changed(
    (text) => text.replace(/ {6}slack: T0ACME\/U0(DANA|ANA|SAM|LEE)\n/g, ''),
    () => done,
  );
});
afterAll(async () => {
  restore();
  await Promise.all([gate, other].map((one) => one?.stop()));
  await place.remove();
});

const startTeams = (who: { token: string }) => gate.grpc.call(who.token, startLink, { channel: 'teams' });
const start = (who: { token: string }) => gate.grpc.call(who.token, startLink, { channel: 'slack' });
/** At the other process, as the notifier may reach either. */
const present = async (code: string, person: string, account: string) =>
  (
    await other.grpc.call(SERVICE_TOKEN, presentLinkCode, {
      code,
      person,
      chatAccount: { channel: 'slack', account },
      accountName: account.split('/')[1]!,
      workspace: 'Acme',
    })
  ).text;
const unlink = (token: string, account: string) =>
  gate.grpc.call(token, removeLink, { channel: 'slack', account }).catch(() => undefined);
const linksOf = async (who: { token: string }) =>
  (await gate.grpc.call(who.token, listLinks, {})).links
    .filter(({ channel }) => channel === 'slack')
    .map(({ account }) => account);

async function linked(who: typeof DANA, account: string) {
  const { id, code } = await start(who);
  await present(code, who.id, account);
  return gate.grpc.call(who.token, confirmLink, { id, account });
}

describe('a link', () => {
  it('takes a code written there and a confirmation here, and then votes from there count', async () => {
    const { id, code, write } = await start(DANA);
    expect(write).toBe(`/countersign link ${code} ${DANA.id}`);
    expect(await gate.grpc.call(DANA.token, getLink, { id })).toMatchObject({ presented: false });
    expect(await present(code, DANA.id, 'T0ACME/U1')).toContain('confirm');
    expect(await gate.grpc.call(DANA.token, getLink, { id })).toMatchObject({
      presented: true,
      accountName: 'U1',
      workspace: 'Acme',
    });
    expect(await linksOf(DANA)).toEqual([]);
    expect(await gate.grpc.call(DANA.token, confirmLink, { id, account: 'T0ACME/U1' })).toMatchObject({
      inEffectEverywhere: true,
    });
    const asked = await gate.grpc.call(BOT, DecisionService.method.decide, {
      action: { name: 'db.delete' },
      resource: { type: 'table', id: 'prod.orders' },
      argumentsForm: { case: 'argumentsJson', value: '{"rows":500}' },
    });
    const vote = { id: asked.id, vote: Vote.APPROVE, chatAccount: { channel: 'slack', account: 'T0ACME/U1' } };
    await other.grpc.call(SERVICE_TOKEN, ApprovalService.method.castVote, vote);
    expect(await gate.grpc.call(OPS, removeLink, { channel: 'slack', account: 'T0ACME/U1' })).toMatchObject({
      inEffectEverywhere: true,
    });
    await expect(other.grpc.call(SERVICE_TOKEN, ApprovalService.method.castVote, vote)).rejects.toMatchObject({
      reason: 'NOT_LINKED',
    });
    const { rows } = await place.admin.query<{ body: Buffer }>("select body from events where decision_id like 'ppl%'");
    const types = rows.map(({ body }) => (JSON.parse(body.toString()) as { type: string }).type);
    expect(types).toEqual(['account.linked', 'account.unlinked']);
  });

  it('that the directory states is not made, and not ended, here', async () => {
    await expect(gate.grpc.call('cs_dev_ben', startLink, { channel: 'slack' })).rejects.toMatchObject({
      reason: 'FROM_DIRECTORY',
    });
    await expect(
      gate.grpc.call('cs_dev_ben', removeLink, { channel: 'slack', account: 'T0ACME/U0BEN' }),
    ).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    const { id, code } = await start(DANA);
    expect(await present(code, DANA.id, 'T0ACME/U0BEN')).toContain('another person');
    expect(await gate.grpc.call(DANA.token, getLink, { id })).toMatchObject({ presented: false });
  });
});

it('an account in Teams is linked in the same way, and what the directory states there goes before', async () => {
  await expect(startTeams(DANA)).rejects.toMatchObject({ reason: 'FROM_DIRECTORY' });
  const account = '7c1d8a52-0000-4000-8000-0000000000ac/00000000-0000-4000-8000-0000000000ff';
  let done = () => undefined as void;
  const held = new Promise<void>((resolve) => (done = resolve));
  const changing = people.changed(
    (text) =>
      text
        .replace(/ {4}links:\n {6}slack: T0ACME\/U0DANA\n {6}teams: .*0001\n/, '')
        .replace(/ {6}slack: T0ACME\/U0(ANA|SAM|LEE)\n/g, ''),
    () => held,
  );
  const { id, code, write } = await startTeams(DANA);
  expect(write).toBe(`link ${code} ${DANA.id}`);
  // The code of one channel is none in the other.
  expect(await present(code, DANA.id, 'T0ACME/U7')).toContain('not known');
  const { text } = await other.grpc.call(SERVICE_TOKEN, presentLinkCode, {
    ...{ code, person: DANA.id, chatAccount: { channel: 'teams', account } },
    ...{ accountName: 'Dana Ito', workspace: '7c1d8a52' },
  });
  expect(text).toContain('confirm');
  await gate.grpc.call(DANA.token, confirmLink, { id, account });
  const { links } = await gate.grpc.call(DANA.token, listLinks, {});
  expect(links.filter(({ channel }) => channel === 'teams').map((one) => one.account)).toEqual([account]);
  await gate.grpc.call(DANA.token, removeLink, { channel: 'teams', account });
  done();
  await changing;
});

describe('an attacker who', () => {
  it('gets a victim to write the attacker code links nothing: the victim writes their own id with it', async () => {
    const { id, code } = await start(DANA);
    expect(await present(code, ANA.id, 'T0ACME/U0VICTIM')).toContain('void');
    // It is void for the attacker too.
    expect(await present(code, DANA.id, 'T0ACME/U0DANA2')).toContain('not known');
    await expect(gate.grpc.call(DANA.token, confirmLink, { id, account: 'T0ACME/U0VICTIM' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  it('has seen a victim code presents it from their own account, and the victim sees whose that is', async () => {
    const { id, code } = await start(ANA);
    await present(code, ANA.id, 'T0EVIL/U0EVIL');
    expect(await gate.grpc.call(ANA.token, getLink, { id })).toMatchObject({ accountName: 'U0EVIL' });
    // Whoever confirms says which account they have seen.
    await expect(gate.grpc.call(ANA.token, confirmLink, { id, account: 'T0ACME/U0ANA' })).rejects.toMatchObject({
      reason: 'NOT_PRESENTED',
    });
    expect(await linksOf(ANA)).toEqual([]);
  });

  it('presents a code after its owner has voids it, and changes nothing under the eyes of who confirms', async () => {
    const { id, code } = await start(ANA);
    await present(code, ANA.id, 'T0ACME/U0ANA');
    expect(await present(code, ANA.id, 'T0EVIL/U0EVIL')).toContain('void');
    await expect(gate.grpc.call(ANA.token, confirmLink, { id, account: 'T0EVIL/U0EVIL' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  it('confirms the attempt of somebody else, or reads it, finds none', async () => {
    const { id, code } = await start(ANA);
    await present(code, ANA.id, 'T0ACME/U0ANA');
    for (const call of [
      gate.grpc.call(DANA.token, confirmLink, { id, account: 'T0ACME/U0ANA' }),
      gate.grpc.call(DANA.token, getLink, { id }),
    ])
      await expect(call).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('takes over an account that is linked is refused until it is unlinked', async () => {
    await linked(ANA, 'T0ACME/U0ANA');
    const { code } = await start(DANA);
    expect(await present(code, DANA.id, 'T0ACME/U0ANA')).toContain('another person');
    await expect(
      gate.grpc.call(DANA.token, removeLink, { channel: 'slack', account: 'T0ACME/U0ANA' }),
    ).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await unlink(ANA.token, 'T0ACME/U0ANA');
    expect(await linksOf(ANA)).toEqual([]);
    await linked(DANA, 'T0ACME/U0ANA');
    await unlink(DANA.token, 'T0ACME/U0ANA');
  });

  it('is no service presents no code, and a code works once', async () => {
    const { id, code } = await start(DANA);
    const request = { code, person: DANA.id, chatAccount: { channel: 'slack', account: 'T0ACME/U9' } };
    for (const token of [DANA.token, BOT])
      await expect(gate.grpc.call(token, presentLinkCode, request)).rejects.toMatchObject({ reason: 'NOT_A_SERVICE' });
    await present(code, DANA.id, 'T0ACME/U9');
    await gate.grpc.call(DANA.token, confirmLink, { id, account: 'T0ACME/U9' });
    await expect(gate.grpc.call(DANA.token, confirmLink, { id, account: 'T0ACME/U9' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    expect(await present(code, DANA.id, 'T0ACME/U9')).toContain('not known');
  });
});
