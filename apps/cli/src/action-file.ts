import { readFileSync } from 'node:fs';
import { canonicalize, JsonProblem, parseStrict } from '@countersign/ledger';
import type { ActionFields, PropertiesForm } from './action.js';
import { UsageError } from './exit.js';
import { objectText } from './given-json.js';

/** The action from a file as it is sent to POST /v1/decisions; other members of the request are left out. */
export function readActionFile(path: string): ActionFields {
  const body = readBody(path);
  const text = (owner: Record<string, unknown>, name: string, where: string) => {
    if (typeof owner[name] === 'string' && owner[name] !== '') return owner[name];
    throw new UsageError(`${path} has no ${where}: write it as for POST /v1/decisions`);
  };
  const part = (name: string) => (isObject(body[name]) ? body[name] : {});
  const [subject, resource] = [part('subject'), part('resource')];
  const context = freeForm(path, body, 'context');
  return {
    ...('id' in subject
      ? {
          subject: {
            type: typeof subject['type'] === 'string' ? subject['type'] : 'agent',
            id: text(subject, 'id', 'subject.id'),
            propertiesForm: propertiesOf(path, subject),
          },
        }
      : {}),
    action: { name: text(part('action'), 'name', 'action.name') },
    argumentsForm: argumentsOf(freeForm(path, body, 'arguments')),
    resource: {
      type: text(resource, 'type', 'resource.type'),
      id: text(resource, 'id', 'resource.id'),
      propertiesForm: propertiesOf(path, resource),
    },
    contextForm: context === undefined ? { case: undefined } : { case: 'contextJson', value: context },
  };
}

function readBody(path: string): Record<string, unknown> {
  try {
    const body = parseStrict(readFileSync(path, 'utf8'));
    if (isObject(body)) return body;
  } catch (error) {
    if (error instanceof JsonProblem) throw new UsageError(`${path} is not the JSON we take: ${error.message}`);
    throw new UsageError(`the file ${path} cannot be read`);
  }
  throw new UsageError(`${path} is not a JSON object`);
}

function argumentsOf(value: string | undefined): ActionFields['argumentsForm'] {
  return value === undefined ? { case: undefined } : { case: 'argumentsJson', value };
}

function propertiesOf(path: string, owner: Record<string, unknown>): PropertiesForm {
  const value = freeForm(path, owner, 'properties');
  return value === undefined ? { case: undefined } : { case: 'propertiesJson', value };
}

/** A free-form member as its structure or as exact text, by the names of the HTTP interface. */
function freeForm(path: string, owner: Record<string, unknown>, name: string): string | undefined {
  const exact = owner[`${name}_json`];
  if (typeof exact === 'string') return objectText(exact, `${name}_json in ${path}`);
  if (owner[name] === undefined) return undefined;
  if (isObject(owner[name])) return canonicalize(owner[name]);
  throw new UsageError(`"${name}" in ${path} is not a JSON object: write {"…": …}`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
