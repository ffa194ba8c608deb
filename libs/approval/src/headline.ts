import { groupNumber, inert } from './inert.js';
import type { ActionRequest } from './request.js';

// "Delete 12,480 rows from prod.orders": verb, quantity, object, from canonical values only. Never a model's summary.

type Template = (args: Arguments, object: string) => string;

interface Arguments {
  number(name: string): string | undefined;
  text(name: string): string | undefined;
  isTrue(name: string): boolean;
}

const TEMPLATES = new Map<string, Template>(
  Object.entries({
    'db.read': (args, object) => `Read ${args.number('rows') ? `${args.number('rows')} rows of ` : ''}${object}`,
    'db.delete': (args, object) => `Delete ${args.number('rows') ?? 'an unknown number of'} rows from ${object}`,
    'db.update': (args, object) => `Update ${args.number('rows') ?? 'an unknown number of'} rows in ${object}`,
    'db.drop': (_, object) => `Drop ${object}`,
    'db.truncate': (_, object) => `Empty ${object}`,
    'db.migrate': (_, object) => `Change the schema of ${object}`,
    'data.export': (args, object) =>
      `Export ${args.number('rows') ?? 'an unknown number of'} rows of ${object} to ${args.text('destination') ?? 'an unnamed place'}`,
    'infra.apply': (_, object) => `Apply infrastructure changes to ${object}`,
    'infra.destroy': (_, object) => `Destroy ${object}`,
    'iam.grant': (args, object) =>
      `Grant ${args.text('role') ?? 'a role'} to ${args.text('member') ?? 'an unnamed member'} on ${object}`,
    'iam.revoke': (args, object) =>
      `Take ${args.text('role') ?? 'a role'} from ${args.text('member') ?? 'an unnamed member'} on ${object}`,
    'payments.refund': (args, object) => `Refund ${money(args)} on ${object}`,
    'payments.transfer': (args, object) =>
      `Transfer ${money(args)} from ${object} to ${args.text('to') ?? 'an unnamed account'}`,
    'policy.activate': (args, object) =>
      `${args.isTrue('rollback') ? 'Go back to policy' : 'Activate policy'} ${addressOf(object)}` +
      ` by ${args.text('author') ?? 'an unnamed author'}: ${args.text('summary') ?? 'unknown changes'}`,
    'messaging.send': (args, object) => `Send a message to ${args.text('to') ?? object}`,
  } satisfies Record<string, Template>),
);

/** Longer ones are no quantity anybody could read, and are left to the payload. */
const NUMBER = /^-?\d{1,30}(\.\d{1,30})?$/;

/**
 * What will happen, from the request as people may see it: what policy hides is not here to be shown. An action without a
 * template says its own name and that it is not recognised.
 */
export function effectOf(shown: ActionRequest): string {
  const object = inert(shown.resource.id, 160);
  const template = TEMPLATES.get(shown.action.name);
  const values = shown.action.properties ?? {};
  const args: Arguments = {
    number: (name) => {
      const value = values[name];
      if (typeof value !== 'number' && !(typeof value === 'string' && NUMBER.test(value))) return undefined;
      return groupNumber(value);
    },
    text: (name) => {
      const value = values[name];
      if (typeof value === 'string') return inert(value, 120);
      return Array.isArray(value) && value.every((item) => typeof item === 'string')
        ? inert(value.join(', '), 120)
        : undefined;
    },
    isTrue: (name) => values[name] === true,
  };
  if (template) return template(args, object) + placeOf(shown);
  return `${inert(shown.action.name, 120)} on ${inert(shown.resource.type, 60)} ${object} (action not recognised)`;
}

/** " (production)": where it would happen, as the resource says it, which the digest binds. */
function placeOf({ resource }: ActionRequest): string {
  const environment = resource.properties?.['environment'];
  return typeof environment === 'string' ? ` (${inert(environment, 40)})` : '';
}

/** The beginning of a content address is what people compare; the payload has the whole. */
function addressOf(object: string): string {
  return object.replace(/^(sha256:[0-9a-f]{12})[0-9a-f]{52}$/, '$1…');
}

function money(args: Arguments): string {
  return [args.number('amount') ?? 'an unknown amount', args.text('currency')].filter(Boolean).join(' ');
}
