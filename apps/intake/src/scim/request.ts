import { StatusError } from '@countersign/contract';
import { JsonProblem, parseStrict } from '@countersign/ledger';
import type { RawAnswer, RawRequest } from '@countersign/service';
import { badRequest, isObject, ScimProblem, type Resource, type Selection } from '@countersign/scim';

export const MAX_BODY = 1024 * 1024;
const SCIM_TYPE = 'application/scim+json';
const SEARCH_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:SearchRequest';

/** What a list is asked for with, in the query or in the body of a search. */
export interface ListQuery extends Selection {
  filter?: string;
  sortBy?: string;
  descending: boolean;
  startIndex?: unknown;
  count?: unknown;
}

/** The JSON a request brings, which has one meaning and is not deep. Throws ScimProblem. */
export async function bodyOf({ headers, body }: Pick<RawRequest<unknown>, 'headers' | 'body'>): Promise<unknown> {
  const type = String(headers['content-type'] ?? SCIM_TYPE)
    .split(';', 1)[0]!
    .trim()
    .toLowerCase();
  if (type !== SCIM_TYPE && type !== 'application/json')
    throw new ScimProblem(415, `the body is ${type}: send ${SCIM_TYPE}`);
  const pieces: Buffer[] = [];
  try {
    for await (const piece of body) pieces.push(piece);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    throw new ScimProblem(413, `the body ${error.details.violations?.[0]?.description ?? 'is too large'}`, 'tooMany');
  }
  try {
    return parseStrict(Buffer.concat(pieces).toString('utf8'));
  } catch (error) {
    if (!(error instanceof JsonProblem)) throw error;
    throw badRequest('invalidSyntax', `the body is not the JSON we take: ${error.message}`);
  }
}

/** What a list is asked for in the query of a URL. */
export function queryOf(query: URLSearchParams): ListQuery {
  return {
    ...selectionOf({
      attributes: query.get('attributes') ?? undefined,
      excludedAttributes: query.get('excludedAttributes') ?? undefined,
    }),
    filter: query.get('filter') ?? undefined,
    sortBy: query.get('sortBy') ?? undefined,
    descending: query.get('sortOrder') === 'descending',
    startIndex: query.get('startIndex') ?? undefined,
    count: query.get('count') ?? undefined,
  };
}

/** A search as the body of a POST (RFC 7644 §3.4.3). */
export function searchOf(body: unknown): ListQuery {
  if (!isObject(body) || !Array.isArray(body.schemas) || !body.schemas.includes(SEARCH_SCHEMA))
    throw badRequest('invalidSyntax', `the body is not a search: send an object whose schemas has "${SEARCH_SCHEMA}"`);
  const { filter, sortBy, sortOrder, startIndex, count } = body;
  for (const [name, value] of Object.entries({ filter, sortBy }))
    if (value !== undefined && typeof value !== 'string') throw badRequest('invalidSyntax', `${name} is not text`);
  return {
    ...selectionOf(body),
    filter: filter as string | undefined,
    sortBy: sortBy as string | undefined,
    descending: sortOrder === 'descending',
    startIndex,
    count,
  };
}

/** Which attributes are wanted. Both at once contradict each other (RFC 7644 §3.9). */
function selectionOf({ attributes, excludedAttributes }: Resource): Selection {
  const selection = { attributes: namesOf(attributes), excludedAttributes: namesOf(excludedAttributes) };
  if (selection.attributes.length > 0 && selection.excludedAttributes.length > 0)
    throw badRequest('invalidValue', 'attributes and excludedAttributes are both given: send one of them');
  return selection;
}

function namesOf(value: unknown): string[] {
  const list: unknown[] = Array.isArray(value) ? value : typeof value === 'string' ? value.split(',') : [];
  return list
    .filter((name): name is string => typeof name === 'string')
    .map((name) => name.trim())
    .filter(Boolean);
}

/** Throws ScimProblem 412 when the client means another version than there is. */
export function requireMatch(headers: RawRequest<unknown>['headers'], etag: string): void {
  const header = headers['if-match'];
  if (header !== undefined && !isAmong(etag, header))
    throw new ScimProblem(412, 'the resource has changed since: get it again and send its meta.version in If-Match');
}

/** Whether the client has this version already. */
export function isKnown(headers: RawRequest<unknown>['headers'], etag: string): boolean {
  const header = headers['if-none-match'];
  return header !== undefined && isAmong(etag, header);
}

/** Entity tags are compared weakly: ours are weak. */
function isAmong(etag: string, header: string): boolean {
  const bare = (tag: string) => tag.trim().replace(/^W\//, '');
  return header.split(',').some((tag) => tag.trim() === '*' || bare(tag) === bare(etag));
}

/** An answer of type application/scim+json; without a body it has none. */
export function answer(status: number, body?: object, headers: Record<string, string> = {}): RawAnswer {
  if (body === undefined) return { status, headers };
  return { status, headers: { 'content-type': SCIM_TYPE, ...headers }, body: `${JSON.stringify(body)}\n` };
}

/** A problem as an answer, with what the client needs to try again. */
export function problemAnswer(problem: ScimProblem): RawAnswer {
  const headers: Record<string, string> =
    problem.status === 401
      ? { 'www-authenticate': 'Bearer realm="scim"' }
      : problem.status === 503
        ? { 'retry-after': '5' }
        : {};
  return answer(problem.status, problem.toJSON() as object, headers);
}
