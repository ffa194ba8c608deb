import type { Fault } from '@countersign/contract';
import { describe, expect, it } from 'vitest';
import { parseSettings, SETTINGS } from './settings.js';

function problemsOf(env: Record<string, string>): string {
  try {
    parseSettings(env);
  } catch (error) {
    expect(error).toMatchObject({ name: 'Fault', code: 'settings-invalid' });
    return (error as Fault).message;
  }
  throw new Error('nothing was refused');
}

describe('settings', () => {
  it('need nothing, and listen on loopback unless told otherwise', () => {
    expect(parseSettings({ PATH: '/bin', HOME: '/root' })).toMatchObject({
      COUNTERSIGN_BIND: '127.0.0.1',
      COUNTERSIGN_LOG_LEVEL: 'info',
      COUNTERSIGN_QUEUE_LIMIT: 1024,
      COUNTERSIGN_COOL_DOWN: 900,
      COUNTERSIGN_PENDING_PER_AGENT: 100,
      COUNTERSIGN_PENDING_PER_APPROVER: 200,
      COUNTERSIGN_ASKS_PER_HOUR: 60,
      COUNTERSIGN_RATE_PER_AGENT: 0,
      COUNTERSIGN_REFUSED_VOTES: 30,
      COUNTERSIGN_BINDING_CONTEXT: [],
    });
  });

  it('treat an empty value as none', () => {
    expect(parseSettings({ COUNTERSIGN_GRPC_PORT: '', DATABASE_URL: '' })).toMatchObject({
      COUNTERSIGN_GRPC_PORT: undefined,
      DATABASE_URL: undefined,
    });
  });

  it('read lists at commas', () => {
    const settings = parseSettings({ KAFKA_BROKERS: 'a:9092, b:9092,', COUNTERSIGN_TEAMS_TENANTS: 't1' });
    expect(settings.KAFKA_BROKERS).toEqual(['a:9092', 'b:9092']);
    expect(settings.COUNTERSIGN_TEAMS_TENANTS).toEqual(['t1']);
  });

  it('name every wrong key at once, and what to change', () => {
    const text = problemsOf({
      COUNTERSIGN_POLICY: 'x',
      COUNTERSIGN_GRPC_PORT: '99999',
      COUNTERSIGN_INTAKE_ADDRESS: 'intake',
      COUNTERSIGN_SERVICE_TOKEN: 'short',
    });
    expect(text.split('\n')).toHaveLength(4);
    expect(text).toContain('COUNTERSIGN_POLICY is not a setting: remove it or correct its name');
    expect(text).toMatch(/COUNTERSIGN_GRPC_PORT: .*65535/);
    expect(text).toContain('COUNTERSIGN_INTAKE_ADDRESS: write host:port');
    expect(text).toContain('COUNTERSIGN_SERVICE_TOKEN: use at least 32 characters');
  });

  it('leave the keys of clients and everything without the prefix alone', () => {
    expect(() => parseSettings({ COUNTERSIGN_TOKEN: 'x', COUNTERSIGN_ADDRESS: 'y', PGHOST: 'z' })).not.toThrow();
    expect(problemsOf({ COUNTERSIGN_toString: 'x' })).toContain('COUNTERSIGN_toString is not a setting');
  });

  it.each([
    'https://countersign.example',
    'https://countersign.example/base/',
    'http://localhost:7480',
    'http://127.0.0.1:7480',
    'http://127.9.9.9',
    'http://[::1]:7480',
  ])('take %s', (url) => {
    expect(parseSettings({ COUNTERSIGN_PUBLIC_URL: url }).COUNTERSIGN_PUBLIC_URL).toBe(url);
  });

  it.each([
    'http://countersign.example',
    'http://10.0.0.1',
    'http://localhost.evil.example',
    'http://127.0.0.1.evil.example',
    'http://localhost@evil.example',
    'ftp://localhost',
    'countersign.example',
    '//localhost',
  ])('refuse %s: plain http is for loopback only', (url) => {
    for (const key of ['COUNTERSIGN_PUBLIC_URL', 'COUNTERSIGN_SLACK_API_URL', 'COUNTERSIGN_TEAMS_TOKEN_URL'])
      expect(problemsOf({ [key]: url })).toBe(
        `${key}: write a complete https:// URL; http:// is accepted on loopback only`,
      );
  });

  it('never quote a value, which may be a secret', () => {
    const bad = 'S3CRET!/:// ';
    const wrong = Object.keys(SETTINGS).filter((key) => {
      try {
        parseSettings({ [key]: bad });
        return false;
      } catch (error) {
        expect((error as Error).message, key).not.toContain('S3CRET');
        return true;
      }
    });
    expect(wrong).toContain('DATABASE_URL');
    expect(wrong.length).toBeGreaterThan(10);
    expect(problemsOf({ COUNTERSIGN_SECRET_TYPO: 'S3CRET' })).not.toContain('S3CRET');
  });
});
