import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { isSigned } from './verify.js';

// The known answer of Slack's own documentation.
const SECRET = '8f742231b10e8888abcd99yyyzzz85a5';
const TIMESTAMP = '1531420618';
const NOW_MS = 1_531_420_618_000;
const SIGNATURE = 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503';
const BODY = Buffer.from(
  'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c',
);
const signed = { body: BODY, timestamp: TIMESTAMP, signature: SIGNATURE };

test("the example of Slack's documentation is accepted", () => {
  expect(isSigned(signed, [SECRET], NOW_MS)).toBe(true);
});

test('while a secret is being replaced, both are accepted', () => {
  expect(isSigned(signed, ['the-new-one', SECRET], NOW_MS)).toBe(true);
});

const sign = (timestamp: string, body: Buffer) =>
  `v0=${createHmac('sha256', SECRET).update(`v0:${timestamp}:`).update(body).digest('hex')}`;

test.each([
  ['another secret', signed, ['other'], NOW_MS],
  ['no secret at all', signed, [], NOW_MS],
  [
    'a body that was parsed and encoded again',
    { ...signed, body: Buffer.from(BODY.toString().replace('%2F', '/')) },
    [SECRET],
    NOW_MS,
  ],
  ['no body', { ...signed, body: undefined }, [SECRET], NOW_MS],
  ['a request older than five minutes', signed, [SECRET], NOW_MS + 301_000],
  ['a request from more than five minutes in the future', signed, [SECRET], NOW_MS - 301_000],
  [
    'a timestamp that is no number, though signed',
    { ...signed, timestamp: '1531420618x', signature: sign('1531420618x', BODY) },
    [SECRET],
    NOW_MS,
  ],
  ['a timestamp given twice', { ...signed, timestamp: [TIMESTAMP, TIMESTAMP] }, [SECRET], NOW_MS],
  ['a signature of another version', { ...signed, signature: SIGNATURE.replace('v0', 'v1') }, [SECRET], NOW_MS],
  ['a short signature', { ...signed, signature: SIGNATURE.slice(0, -2) }, [SECRET], NOW_MS],
  ['no signature', { ...signed, signature: undefined }, [SECRET], NOW_MS],
])('%s is refused', (_, request, secrets, nowMs) => {
  expect(isSigned(request, secrets, nowMs)).toBe(false);
});
