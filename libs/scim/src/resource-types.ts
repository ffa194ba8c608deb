import { attribute, complex, values, type ResourceType, type Schema } from './schema.js';

const readOnly = { mutability: 'readOnly' } as const;

const USER_SCHEMA: Schema = {
  id: 'urn:ietf:params:scim:schemas:core:2.0:User',
  name: 'User',
  description: 'A person.',
  attributes: [
    attribute('userName', 'The name the person signs in with; unique here, whatever its case.', {
      required: true,
      uniqueness: 'server',
    }),
    complex('name', 'The parts of the name.', [
      attribute('formatted', 'The whole name.'),
      attribute('familyName', 'Family name.'),
      attribute('givenName', 'Given name.'),
      attribute('middleName', 'Middle names.'),
      attribute('honorificPrefix', 'What stands before the name.'),
      attribute('honorificSuffix', 'What stands after the name.'),
    ]),
    attribute('displayName', 'The name people see.'),
    attribute('nickName', 'The casual name.'),
    attribute('profileUrl', 'A page about the person.', {
      type: 'reference',
      referenceTypes: ['external'],
      caseExact: true,
    }),
    attribute('title', 'The title, as "Vice President".'),
    attribute('userType', 'What kind of account it is. "Guest" makes a guest, who never counts for a seat.'),
    attribute('preferredLanguage', 'Language, as in Accept-Language.'),
    attribute('locale', 'Where the person is, for formats.'),
    attribute('timezone', 'The time zone, as "Europe/Berlin".'),
    attribute('active', 'False: disabled, everywhere and at once.', { type: 'boolean' }),
    values('emails', 'E-mail addresses.', ['work', 'home', 'other']),
    values('phoneNumbers', 'Telephone numbers.', ['work', 'home', 'mobile', 'fax', 'pager', 'other']),
    values('ims', 'Instant messaging addresses.'),
    values('photos', 'Pictures, by their URLs.', ['photo', 'thumbnail']),
    complex(
      'addresses',
      'Postal addresses.',
      [
        attribute('formatted', 'The whole address.'),
        attribute('streetAddress', 'Street and number.'),
        attribute('locality', 'City.'),
        attribute('region', 'State or region.'),
        attribute('postalCode', 'Postal code.'),
        attribute('country', 'Country, as "DE".'),
        attribute('type', 'What it is for.', { canonicalValues: ['work', 'home', 'other'] }),
        attribute('primary', 'Whether it is the preferred one.', { type: 'boolean' }),
      ],
      { multiValued: true },
    ),
    complex(
      'groups',
      'The groups the person is in. They are changed at the groups.',
      [
        attribute('value', 'The id of the group.', { ...readOnly, caseExact: true }),
        attribute('$ref', 'The URL of the group.', {
          ...readOnly,
          type: 'reference',
          referenceTypes: ['Group'],
          caseExact: true,
        }),
        attribute('display', 'The name of the group.', readOnly),
        attribute('type', 'How the person is in it.', { ...readOnly, canonicalValues: ['direct'] }),
      ],
      { ...readOnly, multiValued: true },
    ),
    values('entitlements', 'What the person is entitled to. It counts where COUNTERSIGN_SCIM_ROLES names it.'),
    values('roles', 'Roles. They count where COUNTERSIGN_SCIM_ROLES names them.'),
    values('x509Certificates', 'Certificates. They mean nothing here.'),
  ],
};

const ENTERPRISE_SCHEMA: Schema = {
  id: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User',
  name: 'EnterpriseUser',
  description: 'What an employer says of a person. It is kept, and no rule looks at it.',
  attributes: [
    attribute('employeeNumber', 'Number of the employee.'),
    attribute('costCenter', 'Cost centre.'),
    attribute('organization', 'Organisation.'),
    attribute('division', 'Division.'),
    attribute('department', 'Department.'),
    complex('manager', 'Who the person reports to.', [
      attribute('value', 'The id of the manager.', { caseExact: true }),
      attribute('$ref', 'The URL of the manager.', { type: 'reference', referenceTypes: ['User'], caseExact: true }),
      attribute('displayName', 'The name of the manager.', readOnly),
    ]),
  ],
};

const GROUP_SCHEMA: Schema = {
  id: 'urn:ietf:params:scim:schemas:core:2.0:Group',
  name: 'Group',
  description: 'A group of people. Policy asks for seats by its displayName.',
  attributes: [
    attribute('displayName', 'The name that policy knows the group by; unique here, whatever its case.', {
      required: true,
      uniqueness: 'server',
    }),
    complex(
      'members',
      'Who is in it.',
      [
        attribute('value', 'The id of the person.', { mutability: 'immutable', caseExact: true }),
        attribute('$ref', 'The URL of the person.', {
          mutability: 'immutable',
          type: 'reference',
          referenceTypes: ['User'],
          caseExact: true,
        }),
        attribute('type', 'What the member is: only people can be.', {
          mutability: 'immutable',
          canonicalValues: ['User'],
        }),
      ],
      { multiValued: true },
    ),
  ],
};

export const USER: ResourceType = {
  name: 'User',
  description: 'People',
  endpoint: '/Users',
  schema: USER_SCHEMA,
  extensions: [ENTERPRISE_SCHEMA],
};

export const GROUP: ResourceType = {
  name: 'Group',
  description: 'Groups of people',
  endpoint: '/Groups',
  schema: GROUP_SCHEMA,
  extensions: [],
};
