import { groupDigits, inert } from './inert.js';
import type { ActionRequest } from './request.js';

// "Delete 12,480 rows from prod.orders": verb, quantity, object, from canonical values only. Never a model's summary.

type Template = (args: Arguments, object: string) => string;

interface Arguments {
  number(name: string): string | undefined;
  text(name: string): string | undefined;
}

const TEMPLATES: Record<string, Template> = {
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
  'messaging.send': (args, object) => `Send a message to ${args.text('to') ?? object}`,
};

/** What will happen. An action without a template says its own name and that it is not recognised. */
export function effectOf(request: ActionRequest, hidden: readonly string[]): string {
  const object = inert(request.resource.id, 160);
  const template = TEMPLATES[request.action.name];
  const values = request.action.properties ?? {};
  const isHidden = (name: string) => hidden.some((pointer) => pointer.endsWith(`/${name}`));
  const args: Arguments = {
    number: (name) => {
      const value = isHidden(name) ? undefined : values[name];
      if (typeof value !== 'number' && !(typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value))) return undefined;
      const [whole, fraction] = String(value).split('.');
      return groupDigits(whole!) + (fraction ? `.${fraction}` : '');
    },
    text: (name) => {
      const value = isHidden(name) ? undefined : values[name];
      if (typeof value === 'string') return inert(value, 120);
      return Array.isArray(value) && value.every((item) => typeof item === 'string')
        ? inert(value.join(', '), 120)
        : undefined;
    },
  };
  if (template) return template(args, object);
  return `${inert(request.action.name, 120)} on ${inert(request.resource.type, 60)} ${object} (action not recognised)`;
}

function money(args: Arguments): string {
  return [args.number('amount') ?? 'an unknown amount', args.text('currency')].filter(Boolean).join(' ');
}
