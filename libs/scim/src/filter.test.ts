import { describe, expect, it } from 'vitest';
import { matcher, parseFilter, parseTarget, ScimProblem, USER, type Resource } from './index.js';

const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const DANA: Resource = {
  id: 'ppl_1',
  userName: 'Dana@Acme.example',
  externalId: 'a0B',
  active: true,
  title: 'say "hi"',
  name: { givenName: 'Dana', familyName: 'Ito' },
  meta: { lastModified: '2026-11-20T14:00:00.000Z' },
  emails: [
    { value: 'dana@acme.example', type: 'work', primary: true },
    { value: 'd@home.example', type: 'home' },
  ],
  [ENTERPRISE]: { department: 'Tour Operations', manager: { value: 'ppl_2' } },
};
const LEE: Resource = { id: 'ppl_2', userName: 'lee', active: false };

const selects = (filter: string, resource: Resource) => matcher(parseFilter(filter), USER)(resource);

describe('a filter', () => {
  it.each([
    ['userName eq "dana@acme.example"', true],
    ['USERNAME Eq "DANA@acme.example"', true],
    ['externalId eq "a0b"', false],
    ['externalId eq "a0B"', true],
    ['userName ne "lee"', true],
    ['userName co "acme"', true],
    ['userName sw "dana"', true],
    ['userName ew ".example"', true],
    ['userName gt "c"', true],
    ['userName lt "c"', false],
    ['userName ge "dana@acme.example" and userName le "dana@acme.example"', true],
    ['title eq "say \\"hi\\""', true],
    ['title pr', true],
    ['nickName pr', false],
    ['not (nickName pr)', true],
    ['nickName eq null', true],
    ['title ne null', true],
    ['nickName ne null', false],
    ['nickName ne "x"', true],
    ['active eq true', true],
    ['active eq "True"', true],
    ['active ne false', true],
    ['name.familyName eq "ito"', true],
    ['name pr', true],
    ['emails pr', true],
    ['emails co "home.example"', true],
    ['emails.type eq "home"', true],
    ['emails.type eq "other"', false],
    ['emails.type ne "work"', false],
    ['emails[type eq "work" and value co "@acme"]', true],
    ['emails[type eq "home" and value co "@acme"]', false],
    ['emails[type eq "work"].value eq "dana@acme.example"', true],
    ['emails[type eq "home"].value eq "dana@acme.example"', false],
    ['emails[not (type eq "work")].value sw "d@"', true],
    ['emails[type eq "other"].value pr', false],
    ['meta.lastModified ge "2026-11-20T15:00:00+01:00"', true],
    ['meta.lastModified gt "2026-11-20T14:00:00Z"', false],
    [`${ENTERPRISE}:department eq "tour operations"`, true],
    [`${ENTERPRISE}:manager.value eq "ppl_2"`, true],
    ['urn:ietf:params:scim:schemas:core:2.0:User:userName sw "dana"', true],
    ['nickName pr or active eq true and title pr', true],
    ['(nickName pr or active eq true) and nickName pr', false],
    ['not (nickName pr or title pr)', false],
  ])('%s selects Dana: %s', (filter, expected) => expect(selects(filter, DANA)).toBe(expected));

  it('binds and stronger than or', () => {
    expect(parseFilter('title pr or title pr and title pr')).toMatchObject({ op: 'or', parts: [{}, { op: 'and' }] });
  });

  it('finds nothing in what is not there', () => {
    expect(selects('emails[type eq "work"]', LEE)).toBe(false);
    expect(selects('emails.value co "a"', LEE)).toBe(false);
    expect(selects(`${ENTERPRISE}:department pr`, LEE)).toBe(false);
  });

  it.each([
    ['', 'needs the name of an attribute at character 1'],
    ['userName', 'needs pr or one of'],
    ['userName eq', 'needs a value'],
    ['userName eq dana', 'a string in double quotes'],
    ["userName eq 'dana'", 'double quotes'],
    ['userName like "a"', 'needs pr or one of'],
    ['userName eq "a" userName pr', 'needs nothing more'],
    ['(userName pr', 'needs )'],
    ['emails[type eq "work"', 'needs ]'],
    ['userName eq "a', 'makes no sense from character 13'],
    ['userName eq "a\\x"', 'not a JSON string'],
    ['userNam eq "a"', 'names userNam, which User does not have'],
    ['emails[kind eq "work"]', 'names kind'],
    ['name eq "a"', 'has parts: name one'],
    ['active gt true', 'true or false'],
    ['userName gt null', 'only eq and ne'],
    ['userName eq 5', 'is text'],
    ['meta.created gt "yesterday"', 'is a time'],
    [`${'('.repeat(30)}userName pr${')'.repeat(30)}`, 'nested deeper than 24'],
    [Array.from({ length: 300 }, () => 'userName pr').join(' or '), 'more than 200 conditions'],
    [`userName eq "${'a'.repeat(9_000)}"`, 'more than 8192 characters'],
  ])('that makes no sense is refused, and it is said what to change: %s', (filter, detail) => {
    const error = caught(() => selects(filter, DANA));
    expect(error).toMatchObject({ status: 400, scimType: 'invalidFilter' });
    expect(error.message).toContain(detail);
  });

  it('over several types takes what one of them lacks for nothing', () => {
    expect(matcher(parseFilter('members pr'), USER, true)(DANA)).toBe(false);
  });
});

describe('a path', () => {
  it.each([
    ['members[value eq "1"]', { path: 'members', where: { op: 'compare' } }],
    ['emails[type eq "work"].value', { path: 'emails', part: 'value' }],
    ['name.givenName', { path: 'name.givenName' }],
  ])('%s is read', (text, expected) => expect(parseTarget(text)).toMatchObject(expected));

  it('that is none is an invalid path', () => {
    expect(caught(() => parseTarget('members[')).scimType).toBe('invalidPath');
    expect(caught(() => parseTarget('.value')).scimType).toBe('invalidPath');
  });
});

function caught(work: () => unknown): ScimProblem {
  try {
    work();
  } catch (error) {
    if (error instanceof ScimProblem) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}
