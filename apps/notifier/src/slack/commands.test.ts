import { openLog } from '@countersign/service';
import { expect, it } from 'vitest';
import type { LinkCode } from '../linking.js';
import { SlackCommands } from './commands.js';

const heard: LinkCode[] = [];
const linking = {
  present: async (code: LinkCode) => {
    if (code.code === 'down') throw new Error('intake is down');
    heard.push(code);
    return 'Almost done.';
  },
};
const commands = new SlackCommands({ linking, log: openLog('test', 'silent') }, 'A1');
const form = (text: string, more: Record<string, string> = {}) =>
  new URLSearchParams({
    api_app_id: 'A1',
    user_id: 'U1',
    user_name: 'dana',
    team_id: 'T1',
    team_domain: 'acme',
    text,
    ...more,
  });

it('brings the code, the id that was written with it, and who wrote it as Slack says', async () => {
  expect(await commands.handle(form('link 7KX2M9QPRS dana@acme.example'))).toMatchObject({
    status: 200,
    body: { response_type: 'ephemeral', text: 'Almost done.' },
  });
  expect(heard.pop()).toEqual({
    code: '7KX2M9QPRS',
    person: 'dana@acme.example',
    account: { channel: 'slack', account: 'T1/U1' },
    account_name: 'dana',
    workspace: 'acme',
  });
  await commands.handle(
    form('link 7KX2M9QPRS <mailto:dana@acme.example|dana@acme.example>', {
      enterprise_id: 'E1',
      enterprise_name: 'Acme Grid',
    }),
  );
  expect(heard.pop()).toMatchObject({
    person: 'dana@acme.example',
    account: { account: 'E1/U1' },
    workspace: 'Acme Grid',
  });
});

it.each(['', 'link', 'link 7KX2M9QPRS', 'approve dec_1', 'link a b c'])(
  '%j is answered with how it is written',
  async (text) => {
    expect(JSON.stringify(await commands.handle(form(text)))).toContain('your id');
    expect(heard).toEqual([]);
  },
);

it('of another app, or of no account, is refused', async () => {
  expect(await commands.handle(form('link a b', { api_app_id: 'A2' }))).toEqual({ status: 403 });
  expect(await commands.handle(form('link a b', { user_id: '../U1' }))).toEqual({ status: 400 });
  expect(heard).toEqual([]);
});

it('while intake is down says so, to whoever wrote it alone', async () => {
  expect(JSON.stringify(await commands.handle(form('link down dana@acme.example')))).toContain('again in a moment');
});
