import { durationFromMs, timestampDate } from '@bufbuild/protobuf/wkt';
import {
  CreateTokenResponseSchema,
  ListTokensResponseSchema,
  RevokeTokenResponseSchema,
  SERVICES,
  WhoAmIResponseSchema,
  type ApiToken,
} from '@countersign/contract';
import { parseDuration } from '../duration.js';
import { EXIT } from '../exit.js';
import { asJson } from '../json.js';
import { say } from '../terminal.js';
import { verb } from '../verb.js';

const { createToken, listTokens, revokeToken, whoAmI } = SERVICES.PeopleService.method;

export const whoami = verb({
  name: 'whoami',
  summary: 'show whose credential this is and what it is good for',
  about: 'Prints who the token belongs to, their groups and roles, what the token is limited to, and when it ends.',
  options: {},
  examples: ['countersign whoami', 'COUNTERSIGN_TOKEN=cs_… countersign whoami --json'],
  exits: [0, 1, 2, 3],
  async run({ client, terminal }) {
    const answer = await client().unary(whoAmI, {});
    if (terminal.json) {
      terminal.value(asJson(WhoAmIResponseSchema, answer));
      return EXIT.ok;
    }
    terminal.print(say`${say`${answer.name || answer.id}`.styled('bold')}  ${answer.kind} ${answer.id}`);
    if (answer.groups.length > 0) terminal.print(say`  groups  ${answer.groups.join(', ')}`);
    if (answer.roles.length > 0) terminal.print(say`  roles   ${answer.roles.join(', ')}`);
    terminal.print(say`  scopes  ${answer.scopes.join(', ')}`);
    if (answer.expiresAt) terminal.print(say`  ends    ${timestampDate(answer.expiresAt).toISOString()}`);
    return EXIT.ok;
  },
});

export const tokensCreate = verb({
  name: 'tokens create',
  summary: 'make an API token, which is shown once',
  about:
    'The token acts as you, within its scopes: read, vote, record, policy, operate, or all. Give it no more than its use needs. ' +
    'With --agent it is a key of an agent that you own. Only its hash is kept: if you lose it, make another.',
  usage: '<name>',
  takes: { min: 1, max: 1 },
  options: {
    scope: { type: 'string', multiple: true, value: '<scope>', help: 'what it may be used for, repeated (read)' },
    for: { type: 'string', value: '<duration>', help: 'how long it is good: 12h, 90d (90d), at most 366d' },
    agent: { type: 'string', value: '<id>', help: 'make it for this agent instead of for you' },
  },
  examples: [
    'countersign tokens create laptop --scope vote --for 30d',
    'countersign tokens create "nightly export" --scope record',
    'countersign tokens create ci --agent release-bot',
  ],
  exits: [0, 1, 2, 3],
  async run({ values, positionals: [name], client, terminal }) {
    const { scope = [], agent = '' } = values;
    const lifetime = values.for === undefined ? {} : { lifetime: durationFromMs(parseDuration(values.for, '--for')) };
    const answer = await client().unary(createToken, { name: name!, scopes: scope, agent, ...lifetime });
    if (terminal.json) {
      terminal.value(asJson(CreateTokenResponseSchema, answer));
      return EXIT.ok;
    }
    terminal.print(say`${answer.secret}`);
    terminal.warn(say`${lineOf(answer.token!)}`);
    terminal.warn(say`it is not shown again: keep it where secrets are kept`);
    return EXIT.ok;
  },
});

export const tokensList = verb({
  name: 'tokens list',
  summary: 'list the API tokens of you and your agents',
  about: 'Nothing a token could be made from is shown, because it is not kept. Operators may look at those of others.',
  options: { person: { type: 'string', value: '<id>', help: 'those of this person; for operators' } },
  examples: ['countersign tokens list', 'countersign tokens list --person sam@acme.example'],
  exits: [0, 1, 2, 3],
  async run({ values, client, terminal }) {
    const answer = await client().unary(listTokens, { person: values.person ?? '' });
    if (terminal.json) terminal.value(asJson(ListTokensResponseSchema, answer));
    else if (answer.tokens.length === 0) terminal.print(say`no tokens`);
    else for (const token of answer.tokens) terminal.print(say`${lineOf(token)}`);
    return EXIT.ok;
  },
});

export const tokensRevoke = verb({
  name: 'tokens revoke',
  summary: 'revoke an API token, at once and everywhere',
  about: 'For your own tokens and those of your agents; operators may revoke any.',
  usage: '<id>',
  takes: { min: 1, max: 1 },
  options: {},
  examples: ['countersign tokens revoke ppl_01jd8q1v8y6m3t9w2k5n7p4r0c'],
  exits: [0, 1, 2, 3],
  async run({ positionals: [id], client, terminal }) {
    const answer = await client().unary(revokeToken, { id: id! });
    if (terminal.json) terminal.value(asJson(RevokeTokenResponseSchema, answer));
    else terminal.print(say`${say`Revoked.`.styled('green')} ${answer.token!.name}`);
    if (!answer.inEffectEverywhere) terminal.warn(say`not every process has confirmed yet that it refuses it`);
    return EXIT.ok;
  },
});

function lineOf({ id, name, person, agent, scopes, expiresAt, lastUsedAt }: ApiToken): string {
  const used = lastUsedAt ? `used about ${timestampDate(lastUsedAt).toISOString().slice(0, 16)}Z` : 'not used yet';
  const ends = expiresAt ? timestampDate(expiresAt).toISOString().slice(0, 10) : '';
  return `${id}  ${name}  ${agent || person}  ${scopes.join(',')}  ends ${ends}  ${used}`;
}
