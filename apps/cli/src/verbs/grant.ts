import { RedeemGrantResponseSchema, SERVICES } from '@countersign/contract';
import { Intake, isRefused, type GrantClaims, type Jwks } from '@countersign/grant';
import { ACTION_OPTIONS, parseAction, toAction } from '../action.js';
import { renderDecision } from '../decision-text.js';
import { EXIT, UsageError } from '../exit.js';
import { checkGrant, type GrantCheck } from '../grant-check.js';
import { readGivenGrant, readProof } from '../holder.js';
import { asJson } from '../json.js';
import { say, type Terminal, type Text } from '../terminal.js';
import { verb, type Option } from '../verb.js';
import { fetchText, parseJsonObject } from '../web.js';

const { subject: SUBJECT, ...REST } = ACTION_OPTIONS;

const PLACE_AND_HOLDER = {
  audience: { type: 'string', value: '<name>', help: 'the place where the action runs, for a grant that names one' },
  proof: { type: 'string', value: '<jws>', help: 'the proof that came with the grant, if it is bound to a key' },
} as const satisfies Record<string, Option>;

export const grantRedeem = verb({
  name: 'grant redeem',
  summary: 'use a grant, right before the action runs',
  about:
    'Succeeds as often as the grant says, which is once unless policy says otherwise. The action is compared with the ' +
    'approved one, to the byte, so give it exactly as it was decided.',
  usage: '<grant | ->',
  takes: { min: 1, max: 1 },
  options: {
    ...ACTION_OPTIONS,
    ...PLACE_AND_HOLDER,
    'holder-key': { type: 'string', value: '<pem>', help: 'file of the private key, to make the proof instead' },
  },
  examples: [
    'countersign grant redeem "$GRANT" --action db.delete --arg rows=12480 --resource table:prod.orders',
    'countersign grant redeem "$GRANT" --action @action.json --audience https://db.example --holder-key agent.pem',
  ],
  exits: [0, 1, 2, 3],
  async run({ values, positionals: [given], client, terminal, now, stdin }) {
    const grant = await readGivenGrant(given!, stdin);
    const { audience = '' } = values;
    const proof = readProof(grant, values, now()) ?? '';
    const request = { grant, audience, proof, ...parseAction(values) };
    const answer = await client().unary(SERVICES.DecisionService.method.redeemGrant, request);
    if (terminal.json) terminal.value(asJson(RedeemGrantResponseSchema, answer));
    else {
      const { use, usesLeft } = answer;
      const which = use + usesLeft > 1 ? ` (use ${use} of ${use + usesLeft})` : '';
      terminal.print(say`${say`REDEEMED`.styled('green')}  run the action now, once${which}`);
      if (answer.decision) terminal.print(renderDecision(answer.decision, now()));
    }
    return answer.redeemed ? EXIT.ok : EXIT.denied;
  },
});

export const grantVerify = verb({
  name: 'grant verify',
  summary: 'check a grant offline, with the public keys alone',
  about:
    'Checks the signature (EdDSA only), the type, the claims and the time, and with --action, --audience, --issuer and --proof ' +
    'that it is for this action and this place, from this issuer, and presented by its holder. It cannot know whether the grant is ' +
    'unused and not revoked, or whether its approvers and policy still agree: --redeem uses it, which is the only way to know.',
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
    ...PLACE_AND_HOLDER,
    issuer: { type: 'string', value: '<url>', help: 'who must have issued it: the public URL of the service' },
    'binding-context': {
      type: 'string',
      value: '<a,b>',
      help: 'members of the context that bind, as the service is configured',
    },
    redeem: { type: 'boolean', help: 'use it at <http> if all is right: needs --action and a token' },
  },
  examples: [
    'countersign grant verify "$GRANT" --jwks keys.json',
    'countersign grant verify "$GRANT" --action @action.json --audience https://db.example --redeem',
  ],
  exits: [0, 1, 2, 3],
  async run({ values, positionals: [given], terminal, now, config, stdin }) {
    const named = values.action !== undefined || values.resource !== undefined;
    const action = named ? toAction(parseAction(values)) : undefined;
    const { issuer, audience, proof, redeem } = values;
    if (redeem && (!action || !config.token))
      throw new UsageError('--redeem needs the action that is about to run and a token: add --action and --token');
    const source = values.jwks ?? config.jwks ?? `${config.httpUrl}/.well-known/jwks.json`;
    const keys = parseJsonObject(await fetchText(source), source)['keys'];
    if (!Array.isArray(keys)) throw new UsageError(`${source} holds no "keys": is it a JWKS?`);
    const grant = await readGivenGrant(given!, stdin);
    const binding = values['binding-context']?.split(',') ?? config.bindingContext;
    const check = checkGrant(grant, { keys } as Jwks, {
      ...{ binding, now: now() },
      ...(issuer === undefined ? {} : { issuer }),
      ...(audience === undefined ? {} : { audience }),
      ...(proof === undefined ? {} : { proof }),
      ...(action ? { action } : {}),
    });
    if (!check.valid || !redeem || !action) return tell(terminal, check);
    const { claims } = check;
    const at = new Intake({ url: config.httpUrl, credential: config.token! });
    const used = await at.use({
      grant,
      claims,
      action,
      audience: audience ?? '',
      now: now(),
      ...(proof ? { proof } : {}),
    });
    if (!isRefused(used)) return tell(terminal, { ...check, not_proven: [], redeemed: used });
    const { code, text, reason } = used.refused;
    const refused = {
      valid: false as const,
      code,
      because: text,
      claims,
      not_proven: [],
      ...(reason ? { reason } : {}),
    };
    tell(terminal, refused);
    // Nobody has said no: the service was not reached, or is in trouble.
    return code === 'unavailable' ? EXIT.fault : EXIT.denied;
  },
});

type Told = GrantCheck & { redeemed?: { use: number } };

function tell(terminal: Terminal, check: Told): number {
  if (terminal.json) terminal.value(check);
  else if (!check.valid) terminal.print(say`${say`NOT VALID`.styled('red')}  ${check.because} (${check.code})`);
  else {
    const { claims, kid, redeemed, holder } = check;
    const word = redeemed ? say`VALID, AND USED NOW`.styled('green') : say`VALID`.styled('green');
    terminal.print(say`${word}  signed by ${kid}`);
    const [{ action: name, resource, action_hash }] = claims.authorization_details;
    const behalf = claims.sub === claims.act.sub ? '' : `, for ${claims.sub}`;
    terminal.print(say`  who    ${claims.act.sub}${behalf}`);
    terminal.print(say`  what   ${name} on ${resource}`);
    terminal.print(say`  digest ${action_hash}`);
    for (const line of exceptionLines(claims)) terminal.print(line);
    if (claims.aud) terminal.print(say`  where  ${claims.aud}`);
    if (claims.cnf) terminal.print(say`  holder ${claims.cnf.jkt}${holder ? ' (proved)' : ''}`);
    const often = claims.max_uses === 1 ? 'once' : `${claims.max_uses} times`;
    terminal.print(say`  until  ${new Date(claims.exp * 1000).toISOString()}, ${often}`);
    if (redeemed) terminal.print(say`  use    ${redeemed.use} of ${claims.max_uses}: run the action now, once`);
    for (const what of check.not_proven) terminal.print(say`  not proven: ${what}`.styled('dim'));
  }
  return check.valid ? EXIT.ok : EXIT.denied;
}

/** How it came to be, where that is not an approval of just this. */
function exceptionLines({ break_glass, session }: GrantClaims): Text[] {
  const lines: Text[] = [];
  if (break_glass) {
    const { by, at, rule, overrode } = break_glass;
    lines.push(
      say`  how    BROKEN GLASS${overrode ? ', against a denial of policy' : ''}: ${by} alone, ${at} (${rule})`,
    );
  }
  if (session) {
    const { use, txn, approved_by } = session;
    lines.push(say`  how    leave for a session: use ${use}, given with ${txn} by ${approved_by.join(', ')}`);
  }
  return lines;
}
