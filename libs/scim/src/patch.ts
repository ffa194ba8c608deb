import { resolvePath } from './attribute-path.js';
import { parseTarget, type Filter, type Target } from './filter.js';
import { elementMatcher } from './matching.js';
import { badRequest } from './problem.js';
import { isObject, readOne, readValue, requireOnePrimary, requireWhole } from './reading.js';
import { named, type Attribute, type Resource, type ResourceType } from './schema.js';

const PATCH_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

/** Most operations of one request. */
const MAX_OPERATIONS = 1_000;

interface Operation {
  op: 'add' | 'replace' | 'remove';
  path?: string;
  value: unknown;
}

/**
 * The resource as the operations leave it (RFC 7644 §3.5.2), one after another and all of them or none. The resource given
 * is not changed. It also takes what Entra and Okta really send: capital verbs, truth as text, names with dots as keys, a
 * list of those to remove. Throws ScimProblem.
 */
export function patched(type: ResourceType, resource: Resource, body: unknown): Resource {
  const result = structuredClone(resource);
  for (const operation of operationsOf(body)) apply(type, result, operation);
  requireWhole(type, result);
  return result;
}

function operationsOf(body: unknown): Operation[] {
  if (!isObject(body)) throw badRequest('invalidSyntax', 'the body is not a JSON object: send a PatchOp');
  const schemas = body[keyOf(body, 'schemas') ?? ''];
  if (!Array.isArray(schemas) || !schemas.includes(PATCH_SCHEMA))
    throw badRequest('invalidSyntax', `schemas does not say that this is a PatchOp: add "${PATCH_SCHEMA}"`);
  const operations = body[keyOf(body, 'operations') ?? ''];
  if (!Array.isArray(operations) || operations.length === 0)
    throw badRequest('invalidSyntax', 'Operations is not a list with at least one operation');
  if (operations.length > MAX_OPERATIONS)
    throw badRequest('tooMany', `Operations has more than ${MAX_OPERATIONS}: send them in several requests`);
  return operations.map((each: unknown, i) => {
    const name = isObject(each) && typeof each.op === 'string' ? each.op.toLowerCase() : '';
    if (!isObject(each) || (name !== 'add' && name !== 'replace' && name !== 'remove'))
      throw badRequest('invalidSyntax', `Operations[${i}].op is none of add, replace and remove`);
    const { path, value } = each;
    if (path !== undefined && path !== null && typeof path !== 'string')
      throw badRequest('invalidPath', `Operations[${i}].path is not text`);
    return { op: name, value, ...(path ? { path } : {}) };
  });
}

function keyOf(body: Resource, name: string): string | undefined {
  return Object.keys(body).find((key) => key.toLowerCase() === name);
}

function apply(type: ResourceType, resource: Resource, { op, path, value }: Operation): void {
  if (path !== undefined) return at(type, resource, { op, path, value }, true);
  if (op === 'remove') throw badRequest('noTarget', 'an operation to remove needs a path: say what to remove');
  if (!isObject(value)) throw badRequest('invalidValue', 'an operation without a path needs an object as its value');
  for (const [key, each] of Object.entries(value)) at(type, resource, { op, path: key, value: each }, false);
}

/** `strict`: the client means this very attribute. In an object it may send whatever it got, as `id` or what is not known. */
function at(type: ResourceType, resource: Resource, { op, path, value }: Required<Operation>, strict: boolean): void {
  // A URN alone is no attribute path of the grammar's when it ends in digits: it is looked up as it is.
  const whole = resolvePath(type, path);
  const target: Target = whole ? { path } : parseTarget(path);
  const found = whole ?? resolvePath(type, target.path);
  if (!found) {
    if (!strict) return;
    throw badRequest('invalidPath', `${type.name} has no ${target.path}: see /Schemas`);
  }
  const { attribute, extension } = found;
  if (!attribute) return wholeExtension(type, resource, extension!.id, { op, value });
  if (attribute.name === 'schemas') return;
  const part = found.part ?? (target.part === undefined ? undefined : partOf(attribute, target.part));
  if ([attribute, part].some((each) => each?.mutability === 'readOnly')) {
    if (!strict) return;
    throw badRequest('mutability', `${target.path} cannot be set: leave it out`);
  }
  const holder = extension ? ((resource[extension.id] ??= {}) as Resource) : resource;
  const edit: Edit = { op, value, attribute, ...(part ? { part } : {}) };
  if (target.where) onSome(holder, edit, target.where);
  else if (attribute.multiValued) onList(holder, edit);
  else if (part) onPart(holder, edit, part);
  else onValue(holder, edit);
  if (extension && Object.keys(holder).length === 0) delete resource[extension.id];
}

/** What an operation does to one attribute, or to one part of it. */
interface Edit extends Pick<Operation, 'op' | 'value'> {
  attribute: Attribute;
  part?: Attribute;
}

function wholeExtension(
  type: ResourceType,
  resource: Resource,
  id: string,
  { op, value }: Pick<Operation, 'op' | 'value'>,
): void {
  if (op === 'remove') return void delete resource[id];
  if (!isObject(value)) throw badRequest('invalidValue', `${id} is an object`);
  for (const [name, each] of Object.entries(value))
    at(type, resource, { op, path: `${id}:${name}`, value: each }, false);
}

function onValue(holder: Resource, { op, attribute, value }: Edit): void {
  const read = op === 'remove' ? undefined : readValue(attribute, value);
  const before = holder[attribute.name];
  // Parts that are not named stay, when something is added to them and when Entra replaces one of them.
  const next = isObject(read) && isObject(before) ? { ...before, ...read } : read;
  put(holder, attribute.name, next);
}

function onPart(holder: Resource, { op, attribute, value }: Edit, part: Attribute): void {
  const parts = { ...((holder[attribute.name] as Resource | undefined) ?? {}) };
  put(parts, part.name, op === 'remove' ? undefined : readValue(part, value, `${attribute.name}.${part.name}`));
  put(holder, attribute.name, Object.keys(parts).length > 0 ? parts : undefined);
}

function onList(holder: Resource, edit: Edit): void {
  const { op, attribute, part, value } = edit;
  const { name } = attribute;
  const before = (holder[name] as unknown[] | undefined) ?? [];
  if (part) {
    const isFirst = op !== 'remove' && before.length === 0;
    const made = isFirst ? readValue(attribute, { [part.name]: value }) : changedParts(edit, part, before, () => true);
    return put(holder, name, made);
  }
  const given = (readValue(attribute, value) as unknown[] | undefined) ?? [];
  if (op === 'replace') return put(holder, name, given);
  if (op === 'add') return put(holder, name, joined(before, given));
  // Entra and Okta name those to remove in the value; with no value all of them go.
  const going = new Set(given.map(keyOfValue));
  put(holder, name, given.length === 0 ? undefined : before.filter((each) => !going.has(keyOfValue(each))));
}

/** On the values that the filter selects. */
function onSome(holder: Resource, edit: Edit, where: Filter): void {
  const { op, attribute, part, value } = edit;
  const { name } = attribute;
  const before = listOf(holder[name]);
  const selects = elementMatcher(where, attribute);
  if (op !== 'remove' && !before.some(selects)) {
    const made = op === 'add' ? impliedBy(where) : undefined;
    if (!made) throw badRequest('noTarget', `${name} has no value that the path selects: add one instead`);
    const read = readOne(attribute, { ...made, ...(part ? { [part.name]: value } : (value as object)) });
    return put(holder, name, joined(before, [read]));
  }
  if (part) return put(holder, name, changedParts(edit, part, before, selects));
  if (op === 'remove') {
    const kept = before.filter((each) => !selects(each));
    return put(holder, name, kept);
  }
  const read = readOne(attribute, value) as Resource;
  const made = before.map((each) => (selects(each) ? { ...(op === 'add' ? (each as Resource) : {}), ...read } : each));
  requireOnePrimary(made, name);
  put(holder, name, made);
}

/** The values of a list with one part set, or removed, in those that are selected. */
function changedParts(
  { op, attribute, value }: Edit,
  part: Attribute,
  before: unknown[],
  selects: (value: unknown) => boolean,
): unknown[] {
  const read = op === 'remove' ? undefined : readValue(part, value, `${attribute.name}.${part.name}`);
  const after = before.map((each) => {
    if (!selects(each))
      return part.name === 'primary' && read === true ? { ...(each as Resource), primary: false } : each;
    const changed = { ...(each as Resource) };
    put(changed, part.name, read);
    return changed;
  });
  requireOnePrimary(after, attribute.name);
  return after.filter((each) => Object.keys(each as Resource).length > 0);
}

/** Both, each value once. A new primary value takes the place of the old one (RFC 7644 §3.5.2). */
function joined(before: readonly unknown[], given: readonly unknown[]): unknown[] {
  const primary = given.some((each) => isObject(each) && each.primary === true);
  const made = new Map<string, unknown>();
  for (const each of before)
    made.set(keyOfValue(each), primary && isObject(each) && each.primary === true ? { ...each, primary: false } : each);
  for (const each of given)
    made.set(keyOfValue(each), { ...(made.get(keyOfValue(each)) as object), ...(each as object) });
  return [...made.values()];
}

/** What makes two values of a list the same one: its value and type, or everything when it has no value. */
function keyOfValue(value: unknown): string {
  const { value: main, type } = value as { value?: unknown; type?: unknown };
  return main === undefined ? JSON.stringify(value) : `${String(main)}\n${String(type ?? '')}`;
}

/** What a new value must be so that the filter selects it: `[type eq "work"]` says it, `[type co "w"]` does not. */
function impliedBy(where: Filter): Resource | undefined {
  if (where.op === 'and') {
    const parts = where.parts.map(impliedBy);
    return parts.every((part) => part !== undefined) ? Object.assign({}, ...parts) : undefined;
  }
  if (where.op !== 'compare' || where.how !== 'eq' || where.to === null) return undefined;
  return { [where.of.path]: where.to };
}

function partOf(attribute: Attribute, name: string): Attribute {
  const part = named(attribute.subAttributes ?? [], name);
  if (!part) throw badRequest('invalidPath', `${attribute.name} has no ${name}: see /Schemas`);
  return part;
}

function listOf(value: unknown): unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

/** Nothing, and an empty list, are no value. */
function put(holder: Resource, name: string, value: unknown): void {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) delete holder[name];
  else holder[name] = value;
}
