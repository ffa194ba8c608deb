import { text } from 'node:stream/consumers';
import { RedeemGrantResponseSchema, SERVICES } from '@countersign/contract';
import { ACTION_OPTIONS, digestOfAction, parseAction, typeAndId } from '../action.js';
import { renderDecision } from '../decision-text.js';
import { EXIT, UsageError } from '../exit.js';
import { checkGrant, type Jwks } from '../grant-check.js';
import { asJson } from '../json.js';
import { say } from '../terminal.js';
import { verb } from '../verb.js';
import { fetchText, parseJsonObject } from '../web.js';

const { subject: SUBJECT, ...REST } = ACTION_OPTIONS;

export const grantRedeem = verb({
  name: 'grant redeem',
  summary: 'use up a grant, right before the action runs',
  about:
    'Succeeds once. The action is compared with the approved one, to the byte, so give it exactly as it was decided.',
  usage: '<grant | ->',
  takes: { min: 1, max: 1 },
  options: ACTION_OPTIONS,
  examples: ['countersign grant redeem "$GRANT" --action db.delete --arg rows=12480 --resource table:prod.orders'],
  exits: [0, 1, 2, 3],
  async run({ values, positionals: [given], client, terminal, now, stdin }) {
    const grant = await readGrant(given!, stdin);
    const answer = await client().unary(SERVICES.DecisionService.method.redeemGrant, { grant, ...parseAction(values) });
    if (terminal.json) terminal.value(asJson(RedeemGrantResponseSchema, answer));
    else {
      terminal.print(say`${say`REDEEMED`.styled('green')}  run the action now, once`);
      if (answer.decision) terminal.print(renderDecision(answer.decision, now()));
    }
    return answer.redeemed ? EXIT.ok : EXIT.denied;
  },
});

export const grantVerify = verb({
  name: 'grant verify',
  summary: 'check a grant offline, with the public keys alone',
  about:
    'Checks the signature (EdDSA only), the type, the time, and with --action and --resource that it is for this action.\n' +
    'It can not know whether the grant is unused and not revoked, or whether its approvers and policy still agree: redeem it.',
  usage: '<grant | ->',
  takes: { min: 1, max: 1 },
  options: {
    jwks: {
      type: 'string',
      value: '<url|file>',
      help: 'the public keys (COUNTERSIGN_JWKS, <http>/.well-known/jwks.json)',
    },
    ...REST,
    subject: { ...SUBJECT, help: 'who acts, when it is not agent:<agent of the grant>' },
    'binding-context': {
      type: 'string',
      value: '<a,b>',
      help: 'members of the context that bind, as the service is configured',
    },
  },
  examples: [
    'countersign grant verify "$GRANT" --jwks keys.json',
    'countersign grant verify "$GRANT" --action db.delete --arg rows=12480 --resource table:prod.orders',
  ],
  exits: [0, 1, 2, 3],
  async run({ values, positionals: [given], terminal, now, config, stdin }) {
    const named = values.action !== undefined || values.resource !== undefined;
    const action = named ? parseAction(values) : undefined;
    const binding = values['binding-context']?.split(',') ?? config.bindingContext;
    const source = values.jwks ?? config.jwks ?? `${config.httpUrl}/.well-known/jwks.json`;
    const keys = parseJsonObject(await fetchText(source), source)['keys'];
    if (!Array.isArray(keys)) throw new UsageError(`${source} holds no "keys": is it a JWKS?`);
    const check = checkGrant(
      await readGrant(given!, stdin),
      { keys } as Jwks,
      now(),
      action &&
        ((claims) => {
          const subject = values.subject
            ? typeAndId(values.subject, '--subject')
            : { type: 'agent', id: claims.act.sub };
          return digestOfAction(action, subject, binding);
        }),
    );
    const unproven = ['that it is unused', 'that it is not revoked', 'that its approvers and policy still agree'];
    if (!action) unproven.unshift('that it is for the action you have in mind (give --action and --resource)');
    if (terminal.json) terminal.value({ ...check, not_proven: unproven });
    else if (!check.valid) terminal.print(say`${say`NOT VALID`.styled('red')}  ${check.because}`);
    else {
      const { claims, kid } = check;
      terminal.print(say`${say`VALID`.styled('green')}  signed by ${kid}`);
      const [{ action: name, resource, action_hash }] = claims.authorization_details;
      const behalf = claims.sub === claims.act.sub ? '' : `, for ${claims.sub}`;
      terminal.print(say`  who    ${claims.act.sub}${behalf}`);
      terminal.print(say`  what   ${name} on ${resource}${action ? ' (exactly the action given)' : ''}`);
      terminal.print(say`  digest ${action_hash}`);
      terminal.print(say`  until  ${new Date(claims.exp * 1000).toISOString()}`);
      for (const what of unproven) terminal.print(say`  not proven: ${what}`.styled('dim'));
    }
    return check.valid ? EXIT.ok : EXIT.denied;
  },
});

/** "-" reads standard input, so that a grant need not appear in the list of processes. */
async function readGrant(given: string, stdin: NodeJS.ReadableStream): Promise<string> {
  return (given === '-' ? await text(stdin) : given).trim();
}
