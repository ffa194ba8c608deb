import type { Action } from '@countersign/grant';
import { JsonProblem, parseStrict } from '@countersign/ledger';
import { readActionFile } from './action-file.js';
import { UsageError } from './exit.js';
import { jsonText, objectText } from './given-json.js';
import type { Option, Values } from './verb.js';

// The action as the options spell it: the same options for decide, grant redeem and grant verify, because the three must
// name the same action to the byte.

export const ACTION_OPTIONS = {
  action: {
    type: 'string',
    value: '<name|@file>',
    help: 'what is to be done: db.delete; or @ and a file with all of it',
  },
  arg: { type: 'string', multiple: true, value: '<k=v>', help: 'one argument; k:=<json> for an exact JSON value' },
  'arguments-json': { type: 'string', value: '<json>', help: 'all arguments as a JSON object, instead of --arg' },
  resource: { type: 'string', value: '<type:id>', help: 'what it is done to: table:prod.orders' },
  'resource-json': { type: 'string', value: '<json>', help: 'properties of the resource, a JSON object' },
  'context-json': { type: 'string', value: '<json>', help: 'circumstances: session_id, ticket, activity, …' },
  subject: { type: 'string', value: '<type:id>', help: 'who acts, for callers that may speak for others' },
} as const satisfies Record<string, Option>;

/** As the request messages take it. */
export interface ActionFields {
  subject?: { type: string; id: string; propertiesForm?: PropertiesForm };
  action: { name: string };
  argumentsForm: { case: 'argumentsJson'; value: string } | { case: undefined };
  resource: {
    type: string;
    id: string;
    propertiesForm: PropertiesForm;
  };
  contextForm: { case: 'contextJson'; value: string } | { case: undefined };
}

export type PropertiesForm = { case: 'propertiesJson'; value: string } | { case: undefined };

type ActionValues = Values<typeof ACTION_OPTIONS>;

/** The action that options or a file describe. Throws UsageError that says what to add. */
export function parseAction(values: ActionValues): ActionFields {
  if (!values.action) throw new UsageError('which action? add --action, such as --action db.delete');
  if (values.action.startsWith('@')) {
    const beside = Object.keys(ACTION_OPTIONS).find((name) => name !== 'action' && name in values);
    if (beside) throw new UsageError(`--${beside} and --action ${values.action} say the same thing: give one of them`);
    return readActionFile(values.action.slice(1));
  }
  if (!values.resource) throw new UsageError('on what? add --resource, such as --resource table:prod.orders');
  const given = values['arguments-json'];
  if (given !== undefined && values.arg)
    throw new UsageError('--arg and --arguments-json say the same thing: give one of them');
  const exact = given === undefined ? fromArgs(values.arg) : objectText(given, '--arguments-json');
  const properties = values['resource-json'];
  const context = values['context-json'];
  return {
    ...(values.subject ? { subject: typeAndId(values.subject, '--subject') } : {}),
    action: { name: values.action },
    argumentsForm: exact === undefined ? { case: undefined } : { case: 'argumentsJson', value: exact },
    resource: {
      ...typeAndId(values.resource, '--resource'),
      propertiesForm:
        properties === undefined
          ? { case: undefined }
          : { case: 'propertiesJson', value: objectText(properties, '--resource-json') },
    },
    contextForm:
      context === undefined
        ? { case: undefined }
        : { case: 'contextJson', value: objectText(context, '--context-json') },
  };
}

/** The action in the names of AuthZEN, as a grant is compared with it. */
export function toAction({ subject, action, argumentsForm, resource, contextForm }: ActionFields): Action {
  const { propertiesForm = { case: undefined } } = subject ?? {};
  const who = subject && { type: subject.type, id: subject.id, properties: members(propertiesForm, '--action') };
  return {
    ...(who ? { subject: who } : {}),
    action: { name: action.name, properties: members(argumentsForm, '--arguments-json') },
    resource: {
      type: resource.type,
      id: resource.id,
      properties: members(resource.propertiesForm, '--resource-json'),
    },
    context: members(contextForm, '--context-json'),
  };
}

function members(
  form: { case?: string | undefined; value?: string },
  option: string,
): Record<string, unknown> | undefined {
  if (form.value === undefined) return undefined;
  try {
    // As strict as the service: a repeated key or a rounded integer would hash to something nobody typed.
    const value = parseStrict(form.value) as Record<string, unknown>;
    return Object.keys(value).length > 0 ? value : undefined;
  } catch (error) {
    if (error instanceof JsonProblem) throw new UsageError(`${option}: ${error.message}`);
    throw error;
  }
}

function fromArgs(args: string[] | undefined): string | undefined {
  if (!args) return undefined;
  const seen = new Set<string>();
  const members = args.map((arg) => {
    const match = /^([^=:]+)(:?=)(.*)$/s.exec(arg);
    if (!match) throw new UsageError(`--arg "${arg}" is not name=value`);
    const [, name, sign, text] = match as unknown as [string, string, string, string];
    if (seen.has(name)) throw new UsageError(`--arg ${name} is given twice`);
    seen.add(name);
    return `${JSON.stringify(name)}:${sign === ':=' ? jsonText(text, `--arg ${name}`) : looseValue(text)}`;
  });
  return `{${members.join(',')}}`;
}

/** A number, true, false or null when that is exactly how JSON writes it; else text, so that "1.10" or "007" stay whole. */
function looseValue(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    if ((value === null || typeof value !== 'object') && typeof value !== 'string' && JSON.stringify(value) === text)
      return text;
  } catch {
    // Not JSON, so it is text.
  }
  return JSON.stringify(text);
}

function typeAndId(text: string, option: string): { type: string; id: string } {
  const at = text.indexOf(':');
  if (at < 1 || at === text.length - 1)
    throw new UsageError(`${option} is "${text}": write type:id, such as table:prod.orders`);
  return { type: text.slice(0, at), id: text.slice(at + 1) };
}
