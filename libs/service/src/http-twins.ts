import {
  fromJson,
  toJson,
  create,
  type DescMessage,
  type DescMethod,
  type JsonObject,
  type JsonValue,
} from '@bufbuild/protobuf';
import { READING, StatusError } from '@countersign/contract';
import { JsonProblem, MAX_DEPTH, parseStrict } from '@countersign/ledger';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { admitted } from './admission.js';
import { presentedBy } from './browser-credential.js';
import { DETAILS, sendJson, sendProblem } from './http-problem.js';
import type { Log } from './log.js';
import { matchPath, ROUTES, WAITING } from './routes.js';
import { traceIdOf, type Call, type RpcService } from './rpc.js';

const BODY_LIMIT = 256 * 1024;
/** What is in a message may be as deep as it may be alone. */
const BODY_DEPTH = MAX_DEPTH + 8;

type Target = { rpc: RpcService; method: DescMethod; params: Record<string, string> };

/**
 * Answers the /v1/ requests that have a gRPC twin, in the proto3 JSON mapping with the protos' own field names, through the
 * same handlers. Everything else is passed on. The body is read as strict JSON before it is mapped.
 */
export function httpTwins(services: RpcService[], log: Log) {
  const methods = new Map(
    services.flatMap((rpc) =>
      rpc.service.methods.map((method) => [`${rpc.service.name}.${method.name}`, { rpc, method }] as const),
    ),
  );
  return (request: IncomingMessage, response: ServerResponse, next: () => void): void => {
    const target = request.url ?? '/';
    if (!target.startsWith('/v1/') || !URL.canParse(target, 'http://localhost')) return next();
    const url = new URL(target, 'http://localhost');
    void answer(request, response, url).catch((error: unknown) => {
      sendProblem(response, error, log, `${request.method} ${url.pathname.split('/')[2] ?? ''}`);
    });
  };

  async function answer(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const { rpc, method, params } = find(request.method ?? '', url);
    const { token, surface } = presentedBy(request.headers) ?? {};
    const look = () => admitted(rpc, method.name, token);
    const isPost = request.method === 'POST';
    const first = await look();
    const body = isPost ? await readBody(request) : queryOf(method.input, url.searchParams);
    // A body may take its time, and whoever sends it may have lost the credential meanwhile.
    const caller = isPost ? await look() : first;
    const message = map(method.input, { ...body, ...params });
    const handler = rpc.handlers[method.name] as ((request: unknown, call: Call) => Promise<object>) | undefined;
    if (!handler) throw new StatusError('UNIMPLEMENTED', `${method.name} is not available yet`);
    const abort = new AbortController();
    response.on('close', () => abort.abort());
    const traceId = traceIdOf(request.headers.traceparent);
    const call: Call = {
      caller,
      signal: abort.signal,
      requireHeld: async () => (call.caller = await look()),
      ...(traceId ? { traceId } : {}),
      ...(surface ? { surface } : {}),
    };
    const reply = await handler(message, call);
    const output = '$typeName' in reply ? reply : create(method.output, reply as never);
    // The registry is for errors within an answer, as in a batch.
    const options = { useProtoFieldName: true, alwaysEmitImplicit: true, registry: DETAILS };
    sendJson(response, 200, toJson(method.output, output as never, options));
  }

  function find(verb: string, url: URL): Target {
    const here = ROUTES.filter(({ rpc }) => methods.has(rpc)).flatMap((route) => {
      const params = matchPath(route.path, url.pathname);
      return params ? [{ route, params }] : [];
    });
    const hit = here.find(({ route }) => route.method === verb);
    if (!hit) {
      const allowed = here.map(({ route }) => route.method).join(', ');
      throw new StatusError(
        'NOT_FOUND',
        allowed ? `${url.pathname} takes ${allowed}` : `there is no ${url.pathname} here`,
      );
    }
    const name = url.searchParams.has('wait') ? (WAITING[hit.route.rpc] ?? hit.route.rpc) : hit.route.rpc;
    return { ...methods.get(name)!, params: hit.params };
  }
}

async function readBody(request: IncomingMessage): Promise<JsonObject> {
  const type = request.headers['content-type'] ?? '';
  if (type && !/^application\/([\w.+-]+\+)?json\b/i.test(type)) {
    throw invalid('content-type', 'send application/json');
  }
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length;
      // Read on, so that the caller gets the answer instead of a reset connection, but keep nothing more.
      if (size <= BODY_LIMIT) chunks.push(chunk);
    }
  } catch {
    throw invalid('body', 'ended before it was whole');
  }
  if (size > BODY_LIMIT) throw invalid('body', `has ${size} bytes, more than ${BODY_LIMIT}`);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks));
  } catch {
    throw invalid('body', 'is not valid UTF-8');
  }
  if (text.trim() === '') return {};
  let value: unknown;
  try {
    value = parseStrict(text, BODY_DEPTH);
  } catch (error) {
    if (error instanceof JsonProblem) throw invalid('body', `is not the JSON we take: ${error.message}`);
    throw error;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid('body', 'is not a JSON object');
  return value as JsonObject;
}

/** Query parameters as the JSON of the request message: repeated and nested fields are not taken. */
function queryOf(input: DescMessage, query: URLSearchParams): JsonObject {
  const body = Object.create(null) as Record<string, JsonValue>;
  for (const [name, text] of query) {
    if (Object.hasOwn(body, name)) throw invalid(name, 'is given twice');
    const field = input.fields.find((candidate) => candidate.name === name || candidate.jsonName === name);
    body[name] = field?.fieldKind === 'scalar' && (text === 'true' || text === 'false') ? text === 'true' : text;
  }
  return body;
}

function map(input: DescMessage, body: JsonObject) {
  try {
    return fromJson(input, body, READING);
  } catch (error) {
    throw invalid(...misfit((error as Error).message, input));
  }
}

/** What the mapper found, as field and description. It quotes values, which may be secrets: they are left out. */
function misfit(message: string, input: DescMessage): [field: string, description: string] {
  const unknown = /^cannot decode message [\w.]*?(\w+) from JSON: key "(\w{1,64})" is unknown$/.exec(message);
  if (unknown) return [unknown[2]!, `is not a member of ${unknown[1]}`];
  const field = /^cannot decode (?:field|oneof) [\w.]+\.(\w+) from JSON: (expected \w+|.*set multiple times)/.exec(
    message,
  );
  if (field) return [field[1]!, field[2]!.startsWith('expected') ? field[2]! : 'is given more than once'];
  const type = /^cannot decode (?:message|enum) (?:\w+\.)*(\w+)/.exec(message);
  return ['body', type ? `holds something that is no ${type[1]}` : `does not fit ${input.name}`];
}

function invalid(field: string, description: string): StatusError {
  return new StatusError('INVALID_ARGUMENT', `${field}: ${description}`, {
    reason: 'INVALID_REQUEST',
    violations: [{ field, description }],
  });
}
