import { parseSettings } from '@countersign/service';
import { expect, test } from 'vitest';
import { notifierConfig } from './config.js';

const parse = (env: Record<string, string>) => notifierConfig(parseSettings(env));

test('a channel without all of its settings is off', () => {
  expect(parse({})).toEqual({});
  expect(parse({ COUNTERSIGN_SLACK_TOKEN: 'xoxb-1', COUNTERSIGN_TEAMS_APP_ID: 'app' })).toEqual({});
});

test('two signing secrets are accepted while one is being replaced', () => {
  const { slack } = parse({ COUNTERSIGN_SLACK_TOKEN: 'xoxb-1', COUNTERSIGN_SLACK_SIGNING_SECRET: 'old,new' });
  expect(slack?.signingSecrets).toEqual(['old', 'new']);
});

test('a bot of one tenant gets its token there, and trusts the public Bot Framework', () => {
  const { teams } = parse({
    COUNTERSIGN_TEAMS_APP_ID: 'app',
    COUNTERSIGN_TEAMS_APP_SECRET: 'secret',
    COUNTERSIGN_TEAMS_TENANTS: 'tenant-1',
  });
  expect(teams).toMatchObject({
    issuer: 'https://api.botframework.com',
    tokenUrl: 'https://login.microsoftonline.com/tenant-1/oauth2/v2.0/token',
    serviceHosts: ['smba.trafficmanager.net'],
  });
});
