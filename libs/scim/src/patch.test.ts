import { describe, expect, it } from 'vitest';
import { GROUP, patched, USER, type Resource } from './index.js';

const PATCH = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const DANA: Resource = {
  id: 'ppl_1',
  userName: 'dana',
  active: true,
  name: { givenName: 'Dana', familyName: 'Ito' },
  emails: [
    { value: 'dana@acme.example', type: 'work', primary: true },
    { value: 'd@home.example', type: 'home' },
  ],
};
const DBA: Resource = { id: 'ppl_9', displayName: 'dba', members: [{ value: 'a' }, { value: 'b' }] };

const user = (...Operations: object[]) => patched(USER, DANA, { schemas: [PATCH], Operations });
const group = (...Operations: object[]) => patched(GROUP, DBA, { schemas: [PATCH], Operations });
const refused = (...Operations: object[]) => {
  try {
    user(...Operations);
  } catch (error) {
    return error;
  }
  throw new Error('it was taken');
};

describe('PATCH as RFC 7644 has it', () => {
  it.each<[string, object, object]>([
    ['sets a value', { op: 'add', path: 'title', value: 'Dr' }, { title: 'Dr' }],
    ['replaces a part', { op: 'replace', path: 'name.givenName', value: 'D.' }, { name: { givenName: 'D.' } }],
    ['removes a part', { op: 'remove', path: 'name.givenName' }, { name: { familyName: 'Ito' } }],
    ['adds parts', { op: 'add', path: 'name', value: { formatted: 'Dana Ito' } }, { name: { givenName: 'Dana' } }],
    ['removes a value', { op: 'remove', path: 'emails[type eq "home"]' }, { emails: [{ type: 'work' }] }],
    [
      'replaces a part of the values that are selected',
      { op: 'replace', path: 'emails[type eq "work"].value', value: 'new@acme.example' },
      { emails: [{ value: 'new@acme.example', type: 'work', primary: true }, { type: 'home' }] },
    ],
    [
      'lets only one value be primary',
      { op: 'add', path: 'emails', value: [{ value: 'x@acme.example', type: 'other', primary: true }] },
      { emails: [{ primary: false }, { type: 'home' }, { primary: true }] },
    ],
    [
      'moves the primary mark',
      { op: 'replace', path: 'emails[type eq "home"].primary', value: true },
      { emails: [{ primary: false }, { primary: true }] },
    ],
    [
      'adds an attribute of an extension',
      { op: 'add', path: `${ENTERPRISE}:department`, value: 'IT' },
      { [ENTERPRISE]: { department: 'IT' } },
    ],
    [
      'adds a whole extension',
      { op: 'add', path: ENTERPRISE, value: { division: 'X' } },
      { [ENTERPRISE]: { division: 'X' } },
    ],
    [
      'takes an object of attributes',
      { op: 'replace', value: { title: 'Dr', active: false } },
      { title: 'Dr', active: false },
    ],
  ])('%s', (_, operation, expected) => expect(user(operation)).toMatchObject(expected));

  it('carries out operations one after another, and leaves what it was given alone', () => {
    const before = structuredClone(DANA);
    const after = user(
      { op: 'add', path: 'emails', value: { value: 'x@acme.example', type: 'other' } },
      { op: 'remove', path: 'emails[value eq "x@acme.example"]' },
      { op: 'remove', path: 'name' },
    );
    expect(after).toEqual({ ...DANA, name: undefined });
    expect(DANA).toEqual(before);
  });

  it('adds no value twice', () => {
    expect(
      group({ op: 'add', path: 'members', value: [{ value: 'a' }, { value: 'c' }, { value: 'c' }] })['members'],
    ).toEqual([{ value: 'a' }, { value: 'b' }, { value: 'c' }]);
  });

  it.each<[string, object, string]>([
    ['nothing is named to be removed', { op: 'remove' }, 'noTarget'],
    ['nothing is selected', { op: 'replace', path: 'emails[type eq "other"].value', value: 'x' }, 'noTarget'],
    ['what is required goes', { op: 'remove', path: 'userName' }, 'invalidValue'],
    ['nothing is there to be set', { op: 'replace', path: 'shoeSize', value: 43 }, 'invalidPath'],
    ['the path is none', { op: 'replace', path: 'emails[', value: 1 }, 'invalidPath'],
    ['the server alone sets it', { op: 'replace', path: 'id', value: 'x' }, 'mutability'],
    ['groups are set at groups', { op: 'add', path: 'groups', value: [{ value: 'dba' }] }, 'mutability'],
    ['the verb is none', { op: 'move', path: 'title' }, 'invalidSyntax'],
    ['the value is of another type', { op: 'replace', path: 'active', value: 'perhaps' }, 'invalidValue'],
    ['two are primary', { op: 'replace', path: 'emails.primary', value: true }, 'invalidValue'],
    ['there is no object', { op: 'add', value: 'x' }, 'invalidValue'],
  ])('is refused when %s', (_, operation, scimType) =>
    expect(refused(operation)).toMatchObject({ status: 400, scimType }),
  );

  it('is refused when it is none, or too long', () => {
    const one = { op: 'add', path: 'title', value: 'x' };
    expect(() => patched(USER, DANA, { Operations: [one] })).toThrow(
      'add "urn:ietf:params:scim:api:messages:2.0:PatchOp"',
    );
    expect(() => user()).toThrow('at least one');
    expect(() => patched(USER, DANA, [])).toThrow('not a JSON object');
    expect(() => user(...Array.from({ length: 1_001 }, () => one))).toThrow('more than 1000');
  });
});

describe('PATCH as Entra sends it', () => {
  it('has capital verbs and truth as text', () => {
    expect(user({ op: 'Replace', path: 'active', value: 'False' })).toMatchObject({ active: false });
  });

  it('has names with dots, and whole paths, as members of an object', () => {
    const value = { 'name.givenName': 'Dee', 'emails[type eq "work"].value': 'dee@acme.example', active: 'True' };
    expect(user({ op: 'Replace', value })).toMatchObject({
      active: true,
      name: { givenName: 'Dee', familyName: 'Ito' },
      emails: [{ value: 'dee@acme.example', type: 'work' }, {}],
    });
  });

  it('adds to a value that is not there yet', () => {
    const operation = { op: 'Add', path: 'phoneNumbers[type eq "mobile"].value', value: '+1 555' };
    expect(user(operation)['phoneNumbers']).toEqual([{ value: '+1 555', type: 'mobile' }]);
  });

  it('sends a manager as its id alone', () => {
    expect(user({ op: 'Add', path: `${ENTERPRISE}:manager`, value: 'ppl_2' })).toMatchObject({
      [ENTERPRISE]: { manager: { value: 'ppl_2' } },
    });
  });

  it('adds and removes members by a list, and removes one by its path', () => {
    expect(group({ op: 'Add', path: 'members', value: [{ value: 'c' }] })['members']).toHaveLength(3);
    expect(group({ op: 'Remove', path: 'members', value: [{ value: 'a' }] })['members']).toEqual([{ value: 'b' }]);
    expect(group({ op: 'Remove', path: 'members[value eq "b"]' })['members']).toEqual([{ value: 'a' }]);
    expect(group({ op: 'Remove', path: 'members' })).not.toHaveProperty('members');
  });
});

describe('PATCH as Okta sends it', () => {
  it('renames a group and sends its id along', () => {
    const after = group({ op: 'replace', value: { id: 'ppl_9', displayName: 'dbas' } });
    expect(after).toEqual({ ...DBA, displayName: 'dbas' });
  });

  it('sets what it does not know, which is left out', () => {
    expect(user({ op: 'replace', value: { active: false, favouriteColour: 'red' } })).toEqual({
      ...DANA,
      active: false,
    });
  });

  it('replaces the members of a group', () => {
    expect(group({ op: 'replace', path: 'members', value: [{ value: 'z', display: 'Zed' }] })['members']).toEqual([
      { value: 'z' },
    ]);
  });
});
