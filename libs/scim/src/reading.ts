import { badRequest } from './problem.js';
import { COMMON, extensionOf, named, type Attribute, type Resource, type ResourceType } from './schema.js';

/** Longest text of one attribute, in characters; and most values of one attribute. */
const MAX_TEXT = 4_096;
const MAX_VALUES = 100;
/** Members of a group are many: what bounds them is the size of the request. */
const UNBOUNDED = 'members';

/** What a client may set, and every resource has. */
const SETTABLE = COMMON.filter(({ name }) => name === 'externalId');

/**
 * What of a body is kept: attributes under their own names, with values of their types. What the client cannot set, and
 * what no schema knows, is left out, as RFC 7644 §3.3 says. Throws ScimProblem that names the attribute.
 */
export function readResource(type: ResourceType, body: unknown): Resource {
  if (!isObject(body)) throw badRequest('invalidSyntax', `the body is not a JSON object: send a ${type.name}`);
  requireSchemas(type, body);
  const resource: Resource = {};
  for (const [name, value] of Object.entries(body)) {
    const extension = extensionOf(type, name);
    if (extension) {
      if (value === null) continue;
      if (!isObject(value)) throw badRequest('invalidValue', `${extension.id} is not an object`);
      const parts = readParts(extension.attributes, value, extension.id);
      if (Object.keys(parts).length > 0) resource[extension.id] = parts;
      continue;
    }
    const attribute = named([...SETTABLE, ...type.schema.attributes], name);
    if (!attribute || attribute.mutability === 'readOnly') continue;
    const read = readValue(attribute, value);
    if (read !== undefined) resource[attribute.name] = read;
  }
  return resource;
}

/** Throws ScimProblem `invalidValue` for what every resource of the type has and this one has not. */
export function requireWhole(type: ResourceType, resource: Resource): void {
  for (const { name, required } of type.schema.attributes) {
    const value = resource[name];
    if (required && (value === undefined || value === ''))
      throw badRequest('invalidValue', `${name} is required: every ${type.name} has one`);
  }
}

/** The value as it is kept; undefined for none. Throws ScimProblem `invalidValue`. */
export function readValue(attribute: Attribute, value: unknown, path = attribute.name): unknown {
  if (value === null || value === undefined) return undefined;
  if (!attribute.multiValued) return readOne(attribute, value, path);
  // One value where a list belongs is a list of one: Entra sends it so.
  const list = (Array.isArray(value) ? value : [value])
    .map((each) => readOne(attribute, each, path))
    .filter((each) => each !== undefined);
  if (list.length > MAX_VALUES && attribute.name !== UNBOUNDED)
    throw badRequest('invalidValue', `${path} has more than ${MAX_VALUES} values: send fewer`);
  requireOnePrimary(list, path);
  return list.length > 0 ? list : undefined;
}

/** One value of it, also of a multi-valued attribute. */
export function readOne(attribute: Attribute, value: unknown, path = attribute.name): unknown {
  switch (attribute.type) {
    case 'complex':
      return readComplex(attribute, value, path);
    case 'boolean':
      if (typeof value === 'boolean') return value;
      // Entra writes "True" and "False", as text.
      if (typeof value === 'string' && /^(true|false)$/i.test(value)) return value.toLowerCase() === 'true';
      throw badRequest('invalidValue', `${path} is neither true nor false`);
    case 'dateTime':
    case 'reference':
    case 'string':
      if (typeof value === 'number' || typeof value === 'boolean') return String(value);
      if (typeof value !== 'string') throw badRequest('invalidValue', `${path} is not text`);
      if (value.length > MAX_TEXT) throw badRequest('invalidValue', `${path} has more than ${MAX_TEXT} characters`);
      if (!value.isWellFormed() || value.includes('\0'))
        throw badRequest('invalidValue', `${path} has characters that are not Unicode text`);
      return value === '' ? undefined : value;
  }
}

function readComplex(attribute: Attribute, value: unknown, path: string): unknown {
  const parts = attribute.subAttributes ?? [];
  // The value alone, without the object around it: Entra sends a manager so.
  const main = named(parts, 'value');
  const object = isObject(value) ? value : main && !Array.isArray(value) ? { value } : undefined;
  if (!object) throw badRequest('invalidValue', `${path} has parts: send an object`);
  const read = readParts(parts, object, path);
  return Object.keys(read).length > 0 ? read : undefined;
}

function readParts(attributes: readonly Attribute[], object: Resource, path: string): Resource {
  const read: Resource = {};
  for (const [name, value] of Object.entries(object)) {
    const attribute = named(attributes, name);
    if (!attribute || attribute.mutability === 'readOnly') continue;
    const kept = readValue(attribute, value, `${path}.${attribute.name}`);
    if (kept !== undefined) read[attribute.name] = kept;
  }
  return read;
}

/** Throws ScimProblem `invalidValue` when several values of a list say that they are the primary one. */
export function requireOnePrimary(list: readonly unknown[], path: string): void {
  if (list.filter((each) => isObject(each) && each.primary === true).length > 1)
    throw badRequest('invalidValue', `${path} has more than one primary value: at most one is`);
}

function requireSchemas({ name, schema }: ResourceType, body: Resource): void {
  const key = Object.keys(body).find((each) => each.toLowerCase() === 'schemas');
  const schemas: unknown = key === undefined ? undefined : body[key];
  const listed = Array.isArray(schemas) && schemas.some((id) => String(id).toLowerCase() === schema.id.toLowerCase());
  if (!listed) throw badRequest('invalidSyntax', `schemas does not say that this is a ${name}: add "${schema.id}"`);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
