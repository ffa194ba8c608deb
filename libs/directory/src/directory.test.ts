import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Fault } from '@countersign/contract';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseDirectory } from './file.js';
import { watchDirectory, type DirectorySource } from './watched.js';

const hashed = (token: string) => `sha256:${createHash('sha256').update(token).digest('hex')}`;

const ACME = `
people:
  - { id: dana@acme.example, name: Dana Ito, groups: [dba, oncall], tokens: ['${hashed('dana')}'], links: { slack: T0/U0DANA } }
  - { id: sam@acme.example, name: Sam Ortiz, groups: [dba], tokens: ['${hashed('sam')}'], links: { teams: [t/1, t/2] } }
  - { id: gone@acme.example, name: Gone, groups: [dba], tokens: ['${hashed('gone')}'], disabled: true }
agents:
  - { id: release-bot, owner: sam@acme.example, groups: [ci], keys: ['${hashed('bot')}'], trust: high }
  - { id: gateway, owner: sam@acme.example, keys: ['${hashed('gateway')}'], may_assert_subjects: true }
  - { id: retired-bot, owner: sam@acme.example, keys: ['${hashed('retired')}'], disabled: true }
groups:
  dba: { slack: C0DBA, teams: ['19:a', '19:b'] }
  oncall:
`;

describe('a directory', () => {
  const directory = parseDirectory(ACME, 'acme.yaml');

  it('knows the holder of a token, and nobody by its hash', () => {
    expect(directory.callerOf('dana')).toMatchObject({ kind: 'person', id: 'dana@acme.example' });
    expect(directory.callerOf('bot')).toEqual({ kind: 'agent', id: 'release-bot', may_assert_subjects: false });
    expect(directory.callerOf('gateway')).toMatchObject({ may_assert_subjects: true });
    for (const nobody of ['', 'Dana', ' dana', hashed('dana'), hashed('dana').slice(7)])
      expect(directory.callerOf(nobody)).toBeUndefined();
  });

  it('lets no disabled person or agent in, and forgets neither who the person was', () => {
    expect(directory.callerOf('gone')).toBeUndefined();
    expect(directory.callerOf('retired')).toBeUndefined();
    expect(directory.person('gone@acme.example')).toMatchObject({ name: 'Gone', disabled: true });
  });

  it('knows no disabled agent, so that nobody can speak for one', () => {
    expect(directory.agent('release-bot')).toMatchObject({ owner: 'sam@acme.example', owner_name: 'Sam Ortiz' });
    expect(directory.agent('retired-bot')).toBeUndefined();
  });

  it('knows a person by a linked account of that channel only', () => {
    expect(directory.personBehind('slack', 'T0/U0DANA')?.id).toBe('dana@acme.example');
    expect(directory.personBehind('teams', 't/2')?.id).toBe('sam@acme.example');
    for (const [channel, account] of [
      ['teams', 'T0/U0DANA'],
      ['slack', 't/1'],
      ['slack', 'dana@acme.example'],
      ['slack', 'Dana Ito'],
    ])
      expect(directory.personBehind(channel!, account!)).toBeUndefined();
  });

  it('lists a member of two groups once, and every place where a group is asked', () => {
    expect(directory.membersOf(['dba', 'oncall', 'nobody']).map(({ id }) => id)).toEqual([
      'dana@acme.example',
      'sam@acme.example',
      'gone@acme.example',
    ]);
    expect(directory.destinationsOf(['dba', 'oncall'])).toEqual([
      { channel: 'slack', address: 'C0DBA', group: 'dba' },
      { channel: 'teams', address: '19:a', group: 'dba' },
      { channel: 'teams', address: '19:b', group: 'dba' },
    ]);
  });
});

describe('a directory file is refused, with its place and what to change, when', () => {
  const person = (more: string) => `people: [{ id: p, name: P${more} }]`;
  it.each([
    ['it is not YAML', 'people: [', /acme\.yaml: .*line 1/],
    ['a key is there twice', 'people: []\npeople: []', /unique.*line 2/s],
    ['it is empty, as it is while it is being written', '\n', 'acme.yaml: is empty'],
    ['it is a list', '- dana', 'expected object'],
    ['a member is not known', 'persons: []', 'persons'],
    ['a member of a person is not known', person(', email: x'), 'people.0: Unrecognized key: "email"'],
    ['a name is missing', 'people: [{ id: p }]', 'people.0.name'],
    ['a token is in clear text', person(', tokens: [secret-of-dana]'), 'people.0.tokens.0: write sha256:'],
    ['a token is half a hash', person(`, tokens: ['${hashed('x').slice(0, 40)}']`), 'people.0.tokens.0: write sha256:'],
    ['a group is not there', person(', groups: [dba]'), 'p is in group dba, which is not under groups: add it'],
    ['an agent has no owner', 'agents: [{ id: bot }]', 'agents.0.owner'],
    [
      'an owner is spelled in another way than the person is',
      `${person('')}\nagents: [{ id: bot, owner: P }]`,
      'agent bot is owned by P, who is spelled p under people: write it so',
    ],
    [
      'two people have one id',
      'people: [{ id: p, name: A }, { id: p, name: B }]',
      'the id of person p is also that of',
    ],
    ['a person and an agent have one id', `${person('')}\nagents: [{ id: p, owner: p }]`, 'the id of agent p is also'],
    [
      'two people have one token',
      `people: [{ id: p, name: P, tokens: ['${hashed('x')}'] }, { id: q, name: Q, tokens: ['${hashed('x')}'] }]`,
      'a token or key of q is also that of p: make it unique',
    ],
    [
      "an agent's key is a person's token",
      `people: [{ id: p, name: P, tokens: ['${hashed('x')}'] }]\nagents: [{ id: bot, owner: p, keys: ['${hashed('x')}'] }]`,
      'a token or key of bot is also that of p',
    ],
    [
      'one chat account is linked to two people',
      'people: [{ id: p, name: P, links: { slack: T/U } }, { id: q, name: Q, links: { slack: [T/V, T/U] } }]',
      'a chat link of q is also that of p',
    ],
    [
      'it unfolds without end',
      `a: &a [x,x,x,x,x,x,x,x,x]\n${[...'bcdefgh'].map((name, i) => `${name}: &${name} [${`*${'abcdefgh'[i]},`.repeat(9)}]`).join('\n')}`,
      'acme.yaml: ',
    ],
  ])('%s', (_, text, message) => {
    const fault = faultOf(() => parseDirectory(text, 'acme.yaml'));
    expect(fault).toMatchObject({ code: 'directory-invalid' });
    expect(fault.message).toMatch(message);
    expect(fault.message).not.toContain('secret-of-dana');
  });
});

describe('a directory that follows its file', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const looksAgain = () => vi.advanceTimersByTime(2_000);

  it('takes a change, also one that is moved into place, and a disabled person is out at once', () => {
    const { folder, path, source, reports } = follow();
    const before = source.current();
    writeFileSync(join(folder, 'next'), ACME.replace(`tokens: ['${hashed('dana')}']`, '$&, disabled: true'));
    renameSync(join(folder, 'next'), path);
    looksAgain();
    expect(source.current()).not.toBe(before);
    expect(source.current().callerOf('dana')).toBeUndefined();
    expect(source.current().callerOf('sam')).toBeDefined();
    expect(before.callerOf('dana')).toBeDefined();
    expect(reports).toEqual([]);
  });

  it.each([
    ['is not valid', (path: string) => writeFileSync(path, `${ACME}\nmore: 1`), 'directory-invalid'],
    ['is half written', (path: string) => writeFileSync(path, ACME.slice(0, 200)), 'directory-invalid'],
    ['is gone', (path: string) => rmSync(path), 'directory-missing'],
    ['has become a folder', (path: string) => (rmSync(path), mkdirSync(path)), 'directory-missing'],
  ])('keeps serving the last good one when the file %s, says so once, and recovers', (_, spoil, code) => {
    const { path, source, reports } = follow();
    const before = source.current();
    spoil(path);
    looksAgain();
    expect(reports[0]).toMatchObject({ code });
    expect(reports[0]!.message).toContain(path);
    expect(source.current()).toBe(before);
    // A log that says the same every two seconds is not read.
    looksAgain();
    expect(reports).toHaveLength(1);
    rmSync(path, { recursive: true, force: true });
    writeFileSync(path, ACME.replaceAll('Dana', 'Dora'));
    looksAgain();
    expect(source.current().person('dana@acme.example')?.name).toBe('Dora Ito');
  });

  it('does not start without a file', () => {
    expect(faultOf(() => watchDirectory('nowhere.yaml', () => undefined))).toMatchObject({
      code: 'directory-missing',
      message: expect.stringContaining('set COUNTERSIGN_DIRECTORY') as string,
    });
  });
});

const opened: (() => void)[] = [];
afterAll(() => opened.forEach((close) => close()));

function follow() {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-directory-'));
  const path = join(folder, 'directory.yaml');
  writeFileSync(path, ACME);
  const reports: Fault[] = [];
  const source: DirectorySource = watchDirectory(path, (fault) => reports.push(fault));
  opened.push(() => {
    source.close();
    rmSync(folder, { recursive: true });
  });
  return { folder, path, source, reports };
}

function faultOf(work: () => unknown): Fault {
  try {
    work();
  } catch (error) {
    return error as Fault;
  }
  throw new Error('nothing was refused');
}

describe('the hours of a group', () => {
  const group = (text: string) => parseDirectory(`groups: { dba: {${text}} }`, 'acme.yaml').calendars['dba'];
  const WORK =
    "calendar: { zone: Europe/Berlin, hours: [{ days: [mon, fri], from: '09:00', to: '17:30' }], holidays: ['2026-12-25'] }";

  it('are those of the file, and quiet hours are where the group works unless they say where', () => {
    const work = {
      zone: 'Europe/Berlin',
      hours: [{ days: ['mon', 'fri'], from: 540, to: 1050 }],
      holidays: ['2026-12-25'],
    };
    expect(group(WORK)).toEqual({ work });
    const quiet = {
      hours: [{ days: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'], from: 1320, to: 360 }],
      holidays: [],
    };
    const night = "hours: [{ from: '22:00', to: '06:00' }]";
    expect(group(`${WORK}, quiet: { ${night} }`)).toEqual({ work, quiet: { ...quiet, zone: 'Europe/Berlin' } });
    expect(group(`quiet: { zone: UTC, ${night} }`)).toEqual({ quiet: { ...quiet, zone: 'UTC' } });
    expect(group('slack: C0DBA')).toEqual({});
  });

  it.each([
    [
      "calendar: { zone: Europe/Atlantis, hours: [{ from: '09:00', to: '10:00' }] }",
      'groups.dba.calendar.zone: is not a time zone',
    ],
    ["calendar: { zone: UTC, hours: [{ from: '9:00', to: '10:00' }] }", 'write a time of day like "09:00"'],
    ["calendar: { zone: UTC, hours: [{ from: '09:00', to: '09:00' }] }", 'begins when it ends'],
    ["calendar: { zone: UTC, hours: [{ from: '24:00', to: '09:00' }] }", 'begins when it ends'],
    ['calendar: { zone: UTC, hours: [] }', 'groups.dba.calendar.hours'],
    ["calendar: { zone: UTC, hours: [{ from: '09:00', to: '10:00' }], holidays: ['2026-02-30'] }", 'is not a date'],
    ["quiet: { hours: [{ from: '22:00', to: '06:00' }] }", 'groups.dba.quiet.zone: is missing'],
  ])('%s is refused, with what to change', (text, message) => {
    expect(() => group(text)).toThrow(message);
  });
});

it('of the page on approvals is taken, with hours and a duty in turns', () => {
  const page = readFileSync(new URL('../../../docs/approvals.md', import.meta.url), 'utf8');
  const directory = parseDirectory(/```yaml directory\n(.*?)```/s.exec(page)![1]!, 'docs/approvals.md');
  expect(directory.calendars['dba']).toMatchObject({
    work: { zone: 'Europe/Berlin', holidays: ['2026-12-25', '2026-12-26'] },
    quiet: { zone: 'Europe/Berlin', hours: [{ from: 22 * 60, to: 7 * 60 }] },
  });
  expect(directory.data.groups['oncall']?.rotation?.people).toHaveLength(2);
});
