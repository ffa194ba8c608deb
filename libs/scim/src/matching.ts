import { resolvePath, valueAt, type AttributePath } from './attribute-path.js';
import type { Comparison, Filter, Literal, Target } from './filter.js';
import { badRequest } from './problem.js';
import { named, type Attribute, type Resource, type ResourceType } from './schema.js';

export type Matches = (resource: Resource) => boolean;

/**
 * Makes a filter ready for resources of a type. An attribute that the type does not have is a mistake, said as
 * `invalidFilter`; with `lenient`, as in a search over several types, it is an attribute without a value.
 */
export function matcher(filter: Filter, type: ResourceType, lenient = false): Matches {
  switch (filter.op) {
    case 'and': {
      const parts = filter.parts.map((part) => matcher(part, type, lenient));
      return (resource) => parts.every((matches) => matches(resource));
    }
    case 'or': {
      const parts = filter.parts.map((part) => matcher(part, type, lenient));
      return (resource) => parts.some((matches) => matches(resource));
    }
    case 'not': {
      const part = matcher(filter.part, type, lenient);
      return (resource) => !part(resource);
    }
    default: {
      const { path, where, part } = filter.of as Target;
      const found = resolvePath(type, path);
      if (!found?.attribute) {
        if (lenient) return () => false;
        throw badRequest('invalidFilter', `the filter names ${path}, which ${type.name} does not have: see /Schemas`);
      }
      return leaf(filter, found as Found, where, part);
    }
  }
}

type Found = AttributePath & { attribute: Attribute };

function leaf(
  filter: Exclude<Filter, { op: 'and' | 'or' | 'not' }>,
  found: Found,
  where: Filter | undefined,
  part: string | undefined,
): Matches {
  const { attribute } = found;
  const selected = where ? elementMatcher(where, attribute) : () => true;
  const of = part === undefined ? (found.part ?? mainPart(attribute)) : partOf(attribute, part);
  const test = filter.op === 'compare' ? comparison(filter.how, filter.to, of ?? attribute) : isPresent;
  // "not equal" is that no value is equal, also when there is none at all.
  const negative =
    filter.op === 'compare' &&
    (filter.how === 'ne') !== (filter.to === null) &&
    (filter.how === 'ne' || filter.how === 'eq');
  return (resource) => {
    const values = listed(valueAt(resource, found)).filter(selected);
    if (filter.op === 'some') return values.length > 0;
    const parts = filter.op === 'present' && !found.part && part === undefined ? values : values.map((v) => in_(v, of));
    return negative ? parts.every(test) : parts.some(test);
  };
}

/** Whether one value of a multi-valued attribute is as the filter in brackets says. Its paths are the value's own parts. */
export function elementMatcher(filter: Filter, attribute: Attribute): (value: unknown) => boolean {
  const element: ResourceType = {
    name: attribute.name,
    description: '',
    endpoint: '',
    schema: { id: '', name: '', description: '', attributes: attribute.subAttributes ?? [attribute] },
    extensions: [],
  };
  const matches = matcher(bare(filter, attribute), element);
  return (value) => matches(attribute.subAttributes ? (value as Resource) : { [attribute.name]: value });
}

/** Of values that have no parts, the filter says `value` to mean the value itself. */
function bare(filter: Filter, attribute: Attribute): Filter {
  if (attribute.subAttributes || (filter.op !== 'compare' && filter.op !== 'present')) return filter;
  return { ...filter, of: { path: attribute.name } };
}

function mainPart({ subAttributes = [] }: Attribute): Attribute | undefined {
  return named(subAttributes, 'value');
}

function partOf(attribute: Attribute, name: string): Attribute {
  const part = named(attribute.subAttributes ?? [], name);
  if (!part) throw badRequest('invalidFilter', `the filter names ${attribute.name}.${name}, which there is not`);
  return part;
}

function in_(value: unknown, part: Attribute | undefined): unknown {
  return part ? (value as Resource)[part.name] : value;
}

function listed(value: unknown): unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

function isPresent(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return false;
  return typeof value !== 'object' || Object.values(value).some(isPresent);
}

function comparison(how: Comparison, to: Literal, attribute: Attribute): (value: unknown) => boolean {
  const { type, name } = attribute;
  if (type === 'complex')
    throw badRequest('invalidFilter', `the filter compares ${name}, which has parts: name one, as ${name}.value`);
  if (to === null) {
    if (how === 'eq') return (value) => !isPresent(value);
    if (how === 'ne') return isPresent;
    throw badRequest('invalidFilter', `the filter compares ${name} to null with ${how}: only eq and ne can`);
  }
  if (type === 'boolean') {
    const expected = typeof to === 'string' ? to.toLowerCase() : String(to);
    if ((how !== 'eq' && how !== 'ne') || (expected !== 'true' && expected !== 'false'))
      throw badRequest('invalidFilter', `${name} is true or false: compare it with eq or ne to one of them`);
    return (value) => (String(value) === expected) === (how === 'eq');
  }
  if (typeof to !== 'string') throw badRequest('invalidFilter', `${name} is text: write the value in double quotes`);
  const key = keyFor(attribute);
  const expected = key(to);
  const hold = HOLDS[how];
  return (value) => {
    if (typeof value !== 'string') return how === 'ne';
    return hold(key(value), expected);
  };
}

/** Times by their instant, in a form whose order is theirs; text without case unless the schema says otherwise. */
function keyFor({ type, name, caseExact }: Attribute): (value: string) => string {
  if (type === 'dateTime')
    return (value) => {
      const at = Date.parse(value);
      if (Number.isNaN(at)) throw badRequest('invalidFilter', `${name} is a time: write it as 2026-11-20T14:00:00Z`);
      return new Date(at).toISOString();
    };
  return caseExact ? (value) => value : (value) => value.toLowerCase();
}

const HOLDS: Record<Comparison, (value: string, to: string) => boolean> = {
  eq: (value, to) => value === to,
  ne: (value, to) => value !== to,
  co: (value, to) => value.includes(to),
  sw: (value, to) => value.startsWith(to),
  ew: (value, to) => value.endsWith(to),
  gt: (value, to) => value > to,
  ge: (value, to) => value >= to,
  lt: (value, to) => value < to,
  le: (value, to) => value <= to,
};
