import { afterEach, beforeEach, expect, it } from 'vitest';
import { FakeTeams } from '../../../../test/fakes/index.js';
import { startNotifier, type RunningNotifier } from '../../../../test/fakes/notifier.js';
import { until } from '../../../../test/until.js';

const OID = '0000dana-0000-0000-0000-000000000000';
let teams: FakeTeams;
let notifier: RunningNotifier;

beforeEach(async () => {
  teams = await new FakeTeams().start();
  notifier = await startNotifier({ teams: teams.config });
});
afterEach(async () => {
  await notifier.stop();
  await teams.stop();
});

const write = (text: string, conversation: object = {}, forgery = {}) =>
  teams.send(
    `${notifier.url}/teams/messages`,
    {
      type: 'message',
      text,
      conversation: { id: 'a:1', tenantId: teams.tenant, conversationType: 'personal', ...conversation },
      channelData: { tenant: { id: teams.tenant } },
      from: { id: `29:${OID}`, name: 'Dana Ito', aadObjectId: OID },
    },
    forgery,
  );
const answers = () => teams.read(`a:${teams.tenant}/${OID}`);

it('brings the code, the id that was written with it, and who wrote it as Teams says, and answers that person alone', async () => {
  expect((await write('link 7KX2M9QPRS [dana@acme.example](mailto:dana@acme.example)')).status).toBe(200);
  await until('an answer', () => answers()[0]);
  expect(notifier.codes).toEqual([
    {
      code: '7KX2M9QPRS',
      person: 'dana@acme.example',
      account: { channel: 'teams', account: `${teams.tenant}/${OID}` },
      account_name: 'Dana Ito',
      workspace: teams.tenant,
    },
  ]);
  expect(answers()).toEqual(['Almost done.']);
});

it('tells how it is written, and that it has to be written again when intake is down', async () => {
  await write('hello');
  await until('the usage', () => answers().find((text) => text.includes('your id')));
  await write('link down dana@acme.example');
  await until('the excuse', () => answers().find((text) => text.includes('again in a moment')));
});

it('hears no code in a channel, where others read it, and none without the proof that it comes from Teams', async () => {
  await write('link 7KX2M9QPRS dana@acme.example', { conversationType: 'channel' });
  expect((await write('link 7KX2M9QPRS dana@acme.example', {}, { token: null })).status).toBe(401);
  await write('hello');
  await until('an answer', () => answers()[0]);
  expect(notifier.codes).toEqual([]);
});
