import { setTimeout as sleep } from 'node:timers/promises';
import {
  ConfirmLinkResponseSchema,
  ListLinksResponseSchema,
  RemoveLinkResponseSchema,
  SERVICES,
  StartLinkResponseSchema,
  type AccountLink,
} from '@countersign/contract';
import { EXIT } from '../exit.js';
import { asJson } from '../json.js';
import { say } from '../terminal.js';
import { verb } from '../verb.js';

const { startLink, getLink, confirmLink, listLinks, removeLink } = SERVICES.PeopleService.method;

export const link = verb({
  name: 'link',
  summary: 'link your account in Slack or Teams, so that your clicks there are your votes',
  about:
    'Shows what to write to the bot, and whose account has written it. Nothing is linked until you run it again with --confirm and ' +
    'that account, which you should only do if it is yours. Never write a code that somebody else gave you.',
  usage: '<slack|teams>',
  takes: { min: 1, max: 1 },
  options: {
    confirm: { type: 'string', value: '<id>', help: 'the attempt, once the account it shows is yours' },
    account: { type: 'string', value: '<account>', help: 'with --confirm: the account that was shown' },
  },
  examples: [
    'countersign link slack',
    'countersign link teams',
    'countersign link slack --confirm ppl_… --account T0ACME/U0DANA',
  ],
  exits: [0, 1, 2, 3],
  async run({ values, positionals: [channel], client, terminal, signal }) {
    if (values.confirm !== undefined) {
      const done = await client().unary(confirmLink, { id: values.confirm, account: values.account ?? '' });
      if (terminal.json) terminal.value(asJson(ConfirmLinkResponseSchema, done));
      else terminal.print(say`${say`Linked.`.styled('green')} ${lineOf(done.link!)}`);
      return EXIT.ok;
    }
    const started = await client().unary(startLink, { channel: channel! });
    if (terminal.json) {
      terminal.value(asJson(StartLinkResponseSchema, started));
      return EXIT.ok;
    }
    terminal.print(say`Write this to the bot, within ten minutes:\n\n  ${say`${started.write}`.styled('bold')}\n`);
    while (!signal.aborted) {
      const seen = await client().unary(getLink, { id: started.id });
      const account = seen.chatAccount?.account;
      if (seen.presented && account !== undefined) {
        terminal.print(say`Written by ${say`${seen.accountName}`.styled('bold')} of ${seen.workspace} (${account}).`);
        terminal.print(say`If that is you:  countersign link ${channel!} --confirm ${started.id} --account ${account}`);
        return EXIT.ok;
      }
      await sleep(2_000, undefined, { signal }).catch(() => undefined);
    }
    return EXIT.ok;
  },
});

export const links = verb({
  name: 'links',
  summary: 'list the chat accounts that speak for you',
  about: 'Links from the directory file are changed there. Operators may list those of others.',
  options: { person: { type: 'string', value: '<id>', help: 'those of this person; for operators' } },
  examples: ['countersign links'],
  exits: [0, 1, 2, 3],
  async run({ values, client, terminal }) {
    const answer = await client().unary(listLinks, { person: values.person ?? '' });
    if (terminal.json) terminal.value(asJson(ListLinksResponseSchema, answer));
    else if (answer.links.length === 0) terminal.print(say`no accounts are linked`);
    else for (const one of answer.links) terminal.print(say`${lineOf(one)}`);
    return EXIT.ok;
  },
});

export const unlink = verb({
  name: 'unlink',
  summary: 'end the link of a chat account',
  about:
    'From then on clicks from that account do not count. You may unlink your own accounts; operators may unlink any.',
  usage: '<slack|teams> <account>',
  takes: { min: 2, max: 2 },
  options: {},
  examples: ['countersign unlink slack T0ACME/U0DANA'],
  exits: [0, 1, 2, 3],
  async run({ positionals: [channel, account], client, terminal }) {
    const answer = await client().unary(removeLink, { channel: channel!, account: account! });
    if (terminal.json) terminal.value(asJson(RemoveLinkResponseSchema, answer));
    else terminal.print(say`${say`Unlinked.`.styled('green')} ${lineOf(answer.link!)}`);
    return EXIT.ok;
  },
});

function lineOf({ channel, account, accountName, workspace, person, fromDirectory }: AccountLink): string {
  const named = fromDirectory ? 'from the directory' : `${accountName} of ${workspace}`;
  return `${channel}  ${account}  ${named}  ${person}`;
}
