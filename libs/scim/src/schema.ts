// What resources consist of, as RFC 7643 §7 describes it. The same description checks what comes in, decides how values
// are compared, and is what /Schemas shows.

export interface Attribute {
  name: string;
  type: 'string' | 'boolean' | 'dateTime' | 'reference' | 'complex';
  multiValued: boolean;
  description: string;
  required: boolean;
  caseExact: boolean;
  mutability: 'readOnly' | 'readWrite' | 'immutable' | 'writeOnly';
  returned: 'always' | 'default' | 'never' | 'request';
  uniqueness: 'none' | 'server' | 'global';
  canonicalValues?: string[];
  referenceTypes?: string[];
  subAttributes?: Attribute[];
}

export interface Schema {
  id: string;
  name: string;
  description: string;
  attributes: Attribute[];
}

export interface ResourceType {
  name: string;
  description: string;
  /** Below the base: "/Users". */
  endpoint: string;
  schema: Schema;
  extensions: Schema[];
}

/** A resource as JSON: attributes under their names, those of an extension under its URN. */
export type Resource = Record<string, unknown>;

type More = Partial<Omit<Attribute, 'name' | 'description'>>;

/** An attribute with the defaults of RFC 7643 §7: one text that a client may set. */
export function attribute(name: string, description: string, more: More = {}): Attribute {
  return {
    name,
    type: 'string',
    multiValued: false,
    description,
    required: false,
    caseExact: false,
    mutability: 'readWrite',
    returned: 'default',
    uniqueness: 'none',
    ...more,
  };
}

/** An attribute that has parts. */
export function complex(name: string, description: string, subAttributes: Attribute[], more: More = {}): Attribute {
  return attribute(name, description, { type: 'complex', subAttributes, ...more });
}

/** A list of values with the parts RFC 7643 §2.4 gives to all of them. */
export function values(name: string, description: string, canonicalValues: string[] = []): Attribute {
  return complex(
    name,
    description,
    [
      attribute('value', 'The value.'),
      attribute('display', 'The value for people.'),
      attribute('type', 'What it is for.', canonicalValues.length > 0 ? { canonicalValues } : {}),
      attribute('primary', 'Whether it is the preferred one; at most one is.', { type: 'boolean' }),
    ],
    { multiValued: true },
  );
}

const READ_ONLY = { mutability: 'readOnly', caseExact: true } as const;

/** What every resource has (RFC 7643 §3.1), in no schema of its own. */
export const COMMON: readonly Attribute[] = [
  attribute('schemas', 'The URNs of the schemas it has attributes of.', {
    multiValued: true,
    caseExact: true,
    returned: 'always',
    required: true,
  }),
  attribute('id', 'Its identifier here.', { ...READ_ONLY, returned: 'always', uniqueness: 'server' }),
  attribute('externalId', 'Its identifier at the identity provider.', { caseExact: true }),
  complex(
    'meta',
    'About the resource itself.',
    [
      attribute('resourceType', 'The name of its type.', READ_ONLY),
      attribute('created', 'When it was made.', { ...READ_ONLY, type: 'dateTime' }),
      attribute('lastModified', 'When it was last changed.', { ...READ_ONLY, type: 'dateTime' }),
      attribute('location', 'Its URL.', { ...READ_ONLY, type: 'reference', referenceTypes: ['uri'] }),
      attribute('version', 'Its entity tag.', READ_ONLY),
    ],
    READ_ONLY,
  ),
];

/** Names of attributes and URNs are compared without case (RFC 7643 §2.1). */
export function named<T extends { name: string }>(list: readonly T[], name: string): T | undefined {
  const key = name.toLowerCase();
  return list.find((each) => each.name.toLowerCase() === key);
}

/** The extension of a type with this URN, whatever its case. */
export function extensionOf(type: ResourceType, urn: string): Schema | undefined {
  const key = urn.toLowerCase();
  return type.extensions.find(({ id }) => id.toLowerCase() === key);
}
