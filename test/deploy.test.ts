import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { parseSettings, SETTINGS } from '../libs/service/src/settings.js';

interface Service {
  image?: string;
  build?: { context: string; dockerfile: string; args: { APP: string } };
  command?: string[];
  environment?: Record<string, string>;
  ports?: string[];
  volumes?: string[];
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { test?: string[]; disable?: boolean };
}

const ROOT = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const compose = parse(read('deploy/compose.yaml'), { merge: true }) as {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
};
const dockerfile = read('deploy/Dockerfile');
const example = Object.fromEntries(
  read('deploy/.env.example')
    .split('\n')
    .filter((line) => line && !line.startsWith('#'))
    .map((line) => line.split('=') as [string, string]),
);
const services = Object.entries(compose.services);
const ours = services.filter(([, { build }]) => build);

/** What the image itself sets; a service may override it. */
const imageEnvironment = Object.fromEntries(
  [...dockerfile.matchAll(/^(?:ENV)?\s+(COUNTERSIGN_[A-Z_]+)=(\S+)/gm)].map(([, key, value]) => [key!, value!]),
);

/** Values of the right shape for everything the operator fills in. */
const FILLED: Record<string, string> = {
  COUNTERSIGN_PUBLIC_URL: 'https://countersign.example',
  COUNTERSIGN_LEDGER_ORIGIN: 'countersign.example/ledger',
  COUNTERSIGN_SERVICE_TOKEN: 'x'.repeat(64),
};
const interpolate = (text: string) =>
  text.replace(/\$\{([A-Z_]+)[^}]*\}/g, (_, key: string) => FILLED[key] ?? 'filled-in');

describe('compose', () => {
  test('runs the four services with PostgreSQL and Kafka', () => {
    expect(Object.keys(compose.services)).toEqual(
      expect.arrayContaining(['intake', 'decision', 'notifier', 'audit', 'postgres', 'kafka']),
    );
  });

  test.each(ours)('%s is built from an app that exists and accepts the settings it is given', (_, service) => {
    const { context, dockerfile: file, args } = service.build!;
    expect(existsSync(join(ROOT, 'deploy', context, file))).toBe(true);
    expect(existsSync(join(ROOT, `apps/${args.APP}/src/main.ts`))).toBe(true);
    const environment = { ...imageEnvironment, ...service.environment };
    for (const key of Object.keys(environment)) expect(Object.keys(SETTINGS)).toContain(key);
    const values = Object.entries(environment).map(([key, value]) => [key, interpolate(value)]);
    expect(() => parseSettings(Object.fromEntries(values) as Record<string, string>)).not.toThrow();
  });

  test('has no secret in it, and refuses to start without one', () => {
    for (const [, { environment }] of services) {
      for (const [key, value] of Object.entries(environment ?? {})) {
        const secret = /PASSWORD|TOKEN|SECRET/.test(key) || key === 'DATABASE_URL';
        // Settings of a channel may be empty, which turns it off. All else must be there.
        if (secret) expect(value).toMatch(/_(SLACK|TEAMS)_/.test(key) ? /^\$\{[A-Z_]+:-\}$/ : /\$\{[A-Z_]+:\?/);
      }
    }
    expect(Object.values(example).join('')).toBe('');
  });

  test('names every variable that the operator has to fill in', () => {
    const used = [...read('deploy/compose.yaml').matchAll(/\$\{([A-Z_]+)/g)].map(([, key]) => key!);
    expect(Object.keys(example).sort()).toEqual([...new Set(used)].sort());
    const inScript = [...read('deploy/postgres/10-logins.sh').matchAll(/\$\{([A-Z_]+):\?/g)].map(([, key]) => key!);
    expect(Object.keys(compose.services['postgres']!.environment!)).toEqual(expect.arrayContaining(inScript));
  });

  test('publishes each port once, and on loopback only', () => {
    const published = services.flatMap(([, { ports }]) => ports ?? []);
    for (const port of published) expect(port).toMatch(/^127\.0\.0\.1:\d+:(7443|7480)$/);
    const numbers = published.map((port) => port.split(':')[1]);
    expect(new Set(numbers).size).toBe(numbers.length);
  });

  test('gives no two services the same database login', () => {
    const logins = services.flatMap(
      ([, { environment }]) => /^postgres:\/\/(\w+):/.exec(environment?.['DATABASE_URL'] ?? '')?.[1] ?? [],
    );
    expect(new Set(logins).size).toBe(logins.length);
    for (const login of logins) expect(read('deploy/postgres/10-logins.sh')).toContain(`create role ${login} login`);
  });

  test('waits only for services that exist and can say that they are well', () => {
    for (const [, { depends_on, volumes }] of services) {
      for (const [name, { condition }] of Object.entries(depends_on ?? {})) {
        const target = compose.services[name]!;
        expect(target).toBeDefined();
        if (condition === 'service_healthy') expect(target.build ?? target.healthcheck?.test).toBeDefined();
      }
      for (const volume of volumes ?? []) {
        const [source] = volume.split(':') as [string];
        if (/^\w/.test(source)) expect(Object.keys(compose.volumes)).toContain(source);
        if (source.startsWith('./')) expect(existsSync(join(ROOT, 'deploy', source))).toBe(true);
      }
    }
  });
});

describe('the image', () => {
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+)$/gm)].flatMap(([, paths]) =>
    paths!.split(' ').slice(0, -1),
  );
  const kept = read('deploy/Dockerfile.dockerignore')
    .split('\n')
    .flatMap((line) => (line.startsWith('!') ? line.slice(1) : []));

  test('copies only what exists and what the ignore file lets through', () => {
    expect(copied.length).toBeGreaterThan(0);
    for (const path of copied) expect(existsSync(join(ROOT, path)), path).toBe(true);
    expect([...new Set(copied)].sort()).toEqual(kept.sort());
  });

  test('runs what compose tells it to run, from files that are in it', () => {
    for (const [, { command }] of ours) {
      if (command) expect(copied).toContain(command[1]);
    }
  });

  test('does not run as root, and says whether it is well', () => {
    const last = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));
    expect(last).toMatch(/^USER node$/m);
    expect(last).toMatch(/^HEALTHCHECK /m);
    expect(last).not.toMatch(/PASSWORD|SECRET|TOKEN/);
  });

  test('has a script for the database that can be executed', () => {
    expect(statSync(join(ROOT, 'deploy/postgres/10-logins.sh')).mode & 0o111).not.toBe(0);
  });
});
