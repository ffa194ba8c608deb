import { canonicalize, digestOf, JsonProblem, parseStrict } from '@countersign/ledger';
import { UsageError } from './exit.js';
import type { Option, Values } from './verb.js';

// The action as the options spell it: the same options for decide, grant redeem and grant verify, because the three must
// name the same action to the byte.

export const ACTION_OPTIONS = {
  action: { type: 'string', value: '<name>', help: 'what is to be done: db.delete' },
  arg: { type: 'string', multiple: true, value: '<k=v>', help: 'one argument; k:=<json> for an exact JSON value' },
  'arguments-json': { type: 'string', value: '<json>', help: 'all arguments as a JSON object, instead of --arg' },
  resource: { type: 'string', value: '<type:id>', help: 'what it is done to: table:prod.orders' },
  'resource-json': { type: 'string', value: '<json>', help: 'properties of the resource, a JSON object' },
  'context-json': { type: 'string', value: '<json>', help: 'circumstances: session_id, ticket, activity, …' },
  subject: { type: 'string', value: '<type:id>', help: 'who acts, for callers that may speak for others' },
} as const satisfies Record<string, Option>;

/** As the request messages take it. */
export interface ActionFields {
  subject?: { type: string; id: string };
  action: { name: string };
  argumentsForm: { case: 'argumentsJson'; value: string } | { case: undefined };
  resource: {
    type: string;
    id: string;
    propertiesForm: { case: 'propertiesJson'; value: string } | { case: undefined };
  };
  contextForm: { case: 'contextJson'; value: string } | { case: undefined };
}

type ActionValues = Values<typeof ACTION_OPTIONS>;

export function parseAction(values: ActionValues): ActionFields {
  if (!values.action) throw new UsageError('which action? add --action, such as --action db.delete');
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

/**
 * The digest that a grant for this action carries: SHA-256 over the canonical {action, context, resource, subject}, with
 * only those members of the context that bind. Properties with nothing in them are left out.
 */
export function digestOfAction(
  { action, argumentsForm, resource, contextForm }: ActionFields,
  subject: { type: string; id: string },
  binding: readonly string[],
): string {
  const context = Object.entries(members(contextForm, '--context-json') ?? {});
  return digestOf(
    canonicalize({
      action: { name: action.name, properties: members(argumentsForm, '--arguments-json') },
      context: Object.fromEntries(context.filter(([name]) => binding.includes(name))),
      resource: {
        type: resource.type,
        id: resource.id,
        properties: members(resource.propertiesForm, '--resource-json'),
      },
      subject: { type: subject.type, id: subject.id },
    }),
  );
}

function members(form: { case?: string | undefined; value?: string }, option: string): object | undefined {
  if (form.value === undefined) return undefined;
  try {
    // As strict as the service: a repeated key or a rounded integer would hash to something nobody typed.
    const value = parseStrict(form.value) as object;
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

function objectText(text: string, option: string): string {
  const value: unknown = JSON.parse(jsonText(text, option));
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw new UsageError(`${option} is not a JSON object: write {"…": …}`);
  return text;
}

/** The text as given: the service judges duplicates and digits, and it must see what was typed. */
function jsonText(text: string, option: string): string {
  try {
    JSON.parse(text);
    return text;
  } catch (error) {
    throw new UsageError(
      `${option} is not JSON (${(error as Error).message}): quote it for the shell, as in '{"rows": 5}'`,
    );
  }
}

export function typeAndId(text: string, option: string): { type: string; id: string } {
  const at = text.indexOf(':');
  if (at < 1 || at === text.length - 1)
    throw new UsageError(`${option} is "${text}": write type:id, such as table:prod.orders`);
  return { type: text.slice(0, at), id: text.slice(at + 1) };
}
