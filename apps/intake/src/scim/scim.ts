import { Fault } from '@countersign/contract';
import { sameToken } from '@countersign/directory';
import { GROUP, listResponse, ScimProblem, USER, type Resource } from '@countersign/scim';
import type { Log, RawAnswer, RawRequest, RawRoute } from '@countersign/service';
import { SCIM_PATH, type ScimConfig } from './config.js';
import { resourceTypes, schemas, serviceProviderConfig } from './documents.js';
import { answer, bodyOf, MAX_BODY, problemAnswer, queryOf, searchOf } from './request.js';
import { Resources, type ResourcesParts } from './resources.js';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
type Method = (typeof METHODS)[number];
type Request = RawRequest<unknown>;

/** A SCIM 2.0 server: how an identity provider tells of people and groups. */
export class Scim {
  readonly routes: RawRoute<unknown>[];
  readonly #resources: Resources;
  readonly #config: ScimConfig;
  readonly #log: Log;
  #saidOff = false;

  constructor({ log, ...parts }: ResourcesParts & { config: ScimConfig; log: Log }) {
    this.#log = log;
    this.#config = parts.config;
    this.#resources = new Resources(parts);
    this.routes = METHODS.map((method) => ({ method, path: `${SCIM_PATH}/*`, limit: MAX_BODY, ...this.#door(method) }));
  }

  #door(method: Method): Pick<RawRoute<unknown>, 'authenticate' | 'unknown' | 'answer'> {
    const { token } = this.#config;
    if (token === undefined) return { answer: async () => this.#off() };
    const isProvider = sameToken(token);
    return {
      authenticate: (presented) => (isProvider(presented) ? 'scim' : undefined),
      unknown: ({ presented }) => problemAnswer(unknownToken(presented)),
      answer: (request) => this.#answer(request, method),
    };
  }

  #off(): RawAnswer {
    if (!this.#saidOff) this.#log.warn({}, 'somebody asked for SCIM, which is off: set COUNTERSIGN_SCIM_TOKEN');
    this.#saidOff = true;
    return problemAnswer(new ScimProblem(404, 'SCIM is off: set COUNTERSIGN_SCIM_TOKEN'));
  }

  async #answer(request: Request, method: Method): Promise<RawAnswer> {
    try {
      // What any process has answered is known to this one before it answers.
      await this.#resources.parts.registry.refresh();
      return await this.#route(request, method);
    } catch (error) {
      if (error instanceof ScimProblem) return problemAnswer(error);
      if (!(error instanceof Fault) || !error.retryable) throw error;
      return problemAnswer(new ScimProblem(503, `${error.message}: try again`));
    }
  }

  async #route(request: Request, method: Method): Promise<RawAnswer> {
    const [collection = '', id = '', ...more] = request.path
      .slice(SCIM_PATH.length + 1)
      .split('/')
      .map(decoded);
    if (more.length > 0) throw notThere();
    const { base } = this.#config;
    switch (collection) {
      case 'ServiceProviderConfig':
        if (id !== '') throw notThere();
        return document(method, serviceProviderConfig(base));
      case 'ResourceTypes':
        return documents(request, method, id, resourceTypes(base));
      case 'Schemas':
        return documents(request, method, id, schemas(base));
      case '.search':
        if (method !== 'POST') throw notAllowed(method);
        return answer(200, this.#resources.search.list([USER, GROUP], searchOf(await bodyOf(request))));
      case 'Users':
      case 'Groups':
        return this.#collection(request, method, collection === 'Users' ? USER : GROUP, id);
      case 'Bulk':
        throw new ScimProblem(501, 'bulk requests are not supported: send the operations one by one');
      case 'Me':
        throw new ScimProblem(501, 'there is no /Me: the token is of the identity provider, not of a person');
      default:
        throw notThere();
    }
  }

  async #collection(request: Request, method: Method, type: typeof USER, id: string): Promise<RawAnswer> {
    const { search } = this.#resources;
    if (id === '.search') {
      if (method !== 'POST') throw notAllowed(method);
      return answer(200, search.list([type], searchOf(await bodyOf(request))));
    }
    if (id === '') {
      if (method === 'GET') return answer(200, search.list([type], queryOf(request.query)));
      if (method === 'POST') return this.#resources.create(type, request);
      throw notAllowed(method);
    }
    switch (method) {
      case 'GET':
        return this.#resources.read(type, id, request);
      case 'PUT':
      case 'PATCH':
        return this.#resources.change(type, id, request, method);
      case 'DELETE':
        return this.#resources.remove(type, id, request);
      case 'POST':
        throw notAllowed(method);
    }
  }
}

function document(method: Method, body: Resource): RawAnswer {
  if (method !== 'GET') throw notAllowed(method);
  return answer(200, body);
}

/** Of what describes the server all is shown, or one; it cannot be searched (RFC 7644 §4). */
function documents(request: Request, method: Method, id: string, all: Resource[]): RawAnswer {
  if (id === '') {
    if (request.query.has('filter')) throw new ScimProblem(403, 'what describes the server cannot be filtered');
    return document(method, listResponse(all.length, 1, all) as Resource);
  }
  const one = all.find((each) => each.id === id);
  if (!one) throw notThere();
  return document(method, one);
}

function unknownToken(presented: boolean): ScimProblem {
  const detail = presented
    ? 'the bearer token is not the one that COUNTERSIGN_SCIM_TOKEN names'
    : 'there is no bearer token: send the header authorization: Bearer and the token';
  return new ScimProblem(401, detail);
}

function notThere(): ScimProblem {
  return new ScimProblem(404, 'there is nothing here: see /ResourceTypes');
}

function notAllowed(method: Method): ScimProblem {
  return new ScimProblem(405, `${method} is not possible here`);
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw notThere();
  }
}
