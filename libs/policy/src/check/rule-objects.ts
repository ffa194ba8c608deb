import { nearest } from '@countersign/contract';
import { membersOf, type Location, type Module, type Term } from '../rego/ast.js';
import { parseSeconds } from '../schema-members.js';
import { entryRules, isSet, nameOf } from './entry-rules.js';
import { found, type Found } from './finding.js';

// What can be told of a rule before anybody asks it: whether what it says will be understood.

const ANY = ['rule', 'reason', 'risk', 'score', 'obligations'];
const MEMBERS: Record<string, readonly string[]> = {
  deny: ANY,
  allow: [...ANY, 'grant'],
  require_approval: [
    ...ANY,
    ...[
      'grant',
      'seats',
      'expires_in',
      'reason_required',
      'channels',
      'redact',
      'exclude',
      'step_up',
      'escalate',
      'alternatives',
      'deny_quorum',
      'late_members',
      'session',
    ],
  ],
  counts: ['counter', 'amount'],
  break_glass: ['rule', 'reason', 'groups', 'duration', 'uses', 'notify', 'overrides', 'review', 'while_overdue'],
};
const REQUIRED: Record<string, readonly string[]> = {
  deny: ['rule', 'reason'],
  allow: ['rule', 'reason'],
  require_approval: ['rule', 'reason', 'seats'],
  counts: ['counter'],
  break_glass: ['rule', 'reason', 'groups', 'notify', 'review'],
};
const CONSEQUENCE: Record<string, string> = {
  deny: 'the denial does not say why',
  allow: 'what it would allow is denied as a fault of policy',
  require_approval: 'what it would hold is denied as a fault of policy',
  break_glass: 'nobody can break the glass',
  counts: 'every request it matches is denied as a fault of policy',
};
const RISKS = ['low', 'medium', 'high', 'critical'];
const FACTS = ['irreversible', 'sensitive_read', 'untrusted_read', 'way_out'];

export function lintRuleObjects(module: Module): Found[] {
  return entryRules(module)
    .filter(isSet)
    .flatMap((rule) => {
      const { key } = rule.head;
      const at = key?.location ?? rule.location;
      if (nameOf(rule) === 'flow') return lintFact(key!, at);
      const objects = key?.type === 'var' ? assigned(rule.body, String(key.value)) : [key!];
      return objects.flatMap((object) => lintObject(nameOf(rule), object, object.location ?? at));
    });
}

function lintFact(key: Term, at: Location): Found[] {
  if (key.type !== 'string' || FACTS.includes(String(key.value))) return [];
  const guess = nearest(String(key.value), FACTS);
  const fix = guess ? `did you mean "${guess}"?` : `write one of ${FACTS.join(', ')}`;
  return [found('error', 'unknown-fact', at, `there is no fact "${String(key.value)}" about the flow of data`, fix)];
}

function lintObject(name: string, object: Term, at: Location): Found[] {
  const members = membersOf(object);
  if (members === undefined) {
    if (!['string', 'number', 'boolean', 'null', 'array', 'set'].includes(object.type)) return [];
    const message = `a rule of ${name} is an object with ${REQUIRED[name]!.join(', ')}, not a value: ${CONSEQUENCE[name]}`;
    return [found('error', 'not-an-object', at, message)];
  }
  // A member whose name is worked out may be any of them.
  if (members.size < (object.value as unknown[]).length) return [];
  const missing = REQUIRED[name]!.filter((member) => !members.has(member));
  return [
    ...missing.map((member) =>
      found('error', 'missing-member', at, `the rule has no ${member}: ${CONSEQUENCE[name]}`, `add "${member}": …`),
    ),
    ...[...members].flatMap(([member, value]) => lintMember(name, member, value, value.location ?? at)),
  ];
}

function lintMember(name: string, member: string, value: Term, at: Location): Found[] {
  const known = MEMBERS[name]!;
  if (!known.includes(member)) {
    const guess = nearest(member, known);
    const fix = guess ? `did you mean "${guess}"?` : `the known ones are ${known.join(', ')}`;
    return [found('warning', 'unknown-member', at, `nobody reads the member "${member}" of a rule of ${name}`, fix)];
  }
  const fixed = value.type === 'string' || value.type === 'number' ? (value.value as string | number) : undefined;
  if (member === 'risk' && fixed !== undefined && !RISKS.includes(String(fixed))) {
    return [found('error', 'bad-value', at, `risk is "${fixed}"`, `write one of ${RISKS.join(', ')}`)];
  }
  if (member === 'expires_in' && fixed !== undefined && parseSeconds(fixed) === undefined) {
    return [
      found('error', 'bad-value', at, `expires_in is "${fixed}", which is no duration`, 'write 30s, 15m, 1h or 2d'),
    ];
  }
  const empty = (value.type === 'array' || value.type === 'set') && (value.value as unknown[]).length === 0;
  if (member === 'seats' && empty) {
    return [
      found('error', 'bad-value', at, `seats are empty: ${CONSEQUENCE[name]}`, '"seats": [{"group": "…", "count": 1}]'),
    ];
  }
  return [];
}

/** The objects that a variable of a body is set to. */
function assigned(body: unknown, name: string): Term[] {
  const expressions = Array.isArray(body) ? (body as { terms: unknown }[]) : [];
  return expressions.flatMap(({ terms }) => {
    if (!Array.isArray(terms)) return [];
    const [operator, left, right] = terms as Term[];
    const isAssignment = JSON.stringify(operator?.value).includes('"assign"') && left?.value === name;
    return isAssignment && right?.type === 'object' ? [right] : [];
  });
}
