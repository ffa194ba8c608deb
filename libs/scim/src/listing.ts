import { resolvePath, valueAt } from './attribute-path.js';
import { badRequest } from './problem.js';
import { isObject } from './reading.js';
import type { Resource, ResourceType } from './schema.js';

const LIST_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:ListResponse';

/** Most resources of one answer. */
export const MAX_RESULTS = 1_000;
const DEFAULT_RESULTS = 100;

/** Sorts by an attribute (RFC 7644 §3.4.2.3): text without case unless it matters, what has no value last. */
export function sorted(type: ResourceType, list: readonly Resource[], by: string, descending: boolean): Resource[] {
  const path = resolvePath(type, by);
  if (!path?.attribute) throw badRequest('invalidPath', `sortBy names ${by}, which ${type.name} does not have`);
  const exact = (path.part ?? path.attribute).caseExact;
  const keyed = list.map((resource) => {
    const value = valueAt(resource, path);
    // Of many values the primary one counts, or else the first.
    const one = Array.isArray(value)
      ? (value.find((each) => isObject(each) && each.primary === true) ?? value[0])
      : value;
    const text = isObject(one) ? one[path.part?.name ?? 'value'] : one;
    const key = text === undefined ? undefined : exact ? String(text) : String(text).toLowerCase();
    return { resource, key };
  });
  const sign = descending ? -1 : 1;
  keyed.sort((a, b) => {
    if (a.key === undefined || b.key === undefined) return Number(a.key === undefined) - Number(b.key === undefined);
    return a.key < b.key ? -sign : a.key > b.key ? sign : 0;
  });
  return keyed.map(({ resource }) => resource);
}

/** Where a page begins, from 1, and how many it has at most (RFC 7644 §3.4.2.4): what is out of range is brought into it. */
export function pageOf(startIndex: unknown, count: unknown): { start: number; count: number } {
  const start = Math.max(1, wholeNumber(startIndex, 'startIndex') ?? 1);
  const wanted = Math.max(0, wholeNumber(count, 'count') ?? DEFAULT_RESULTS);
  return { start, count: Math.min(MAX_RESULTS, wanted) };
}

function wholeNumber(value: unknown, name: string): number | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw badRequest('invalidValue', `${name} is not a whole number`);
  return number;
}

/** One page of a list (RFC 7644 §3.4.2); `total` counts all that match. */
export function listResponse(total: number, start: number, resources: Resource[]): object {
  return {
    schemas: [LIST_SCHEMA],
    totalResults: total,
    startIndex: start,
    itemsPerPage: resources.length,
    Resources: resources,
  };
}
