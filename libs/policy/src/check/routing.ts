import { fixedPath, packageOf, termsIn, type Expression, type Module, type Term } from '../rego/ast.js';
import { areaOf, entryRules, isEverywhere } from './entry-rules.js';
import { found, type Found } from './finding.js';
import { areasServed } from './forwarding.js';

/** What can never be reached, because the first part of an action's name decides which package is asked. */
export function lintRouting(modules: readonly Module[]): Found[] {
  const served = areasServed(modules);
  return modules.flatMap((module) => {
    const name = packageOf(module);
    const area = areaOf(name);
    if (area === undefined || isEverywhere(name)) return [];
    return [...lintArea(area, module), ...lintActions(served.get(name)!, name, module)];
  });
}

function lintArea(area: string, module: Module): Found[] {
  if (/^[a-z0-9_]+$/.test(area) || entryRules(module).length === 0) return [];
  const message = `no action name begins with "${area}": only actions without a dot on a resource of type "${area}" are routed here`;
  const at = module.package.location;
  return [found('warning', 'unrouted-area', at, message, 'names of areas are lower case: a-z, 0-9 and _')];
}

/** An action that is compared with a name of another area. */
function lintActions(areas: ReadonlySet<string>, name: string, module: Module): Found[] {
  return (module.rules ?? []).flatMap((rule) =>
    [...expressionsIn(rule)].flatMap((expression) =>
      comparedActions(expression).flatMap((term): Found[] => {
        const action = String(term.value);
        const [first] = action.split('.');
        if (!action.includes('.') || areas.has(first!)) return [];
        const message = `"${action}" is routed to policies.${first}, never to ${name}: this is never true`;
        return [found('warning', 'unrouted-action', term.location ?? expression.location, message)];
      }),
    ),
  );
}

function* expressionsIn(node: unknown): Generator<Expression> {
  if (Array.isArray(node)) for (const one of node) yield* expressionsIn(one);
  else if (typeof node === 'object' && node !== null) {
    if ('terms' in node && 'location' in node) yield node as Expression;
    for (const [name, value] of Object.entries(node)) if (name !== 'location') yield* expressionsIn(value);
  }
}

/** The texts that the name of the action is compared with: `==` and `in`. A negated comparison is true for what is elsewhere. */
function comparedActions({ terms, negated }: Expression): Term[] {
  if (negated || !Array.isArray(terms)) return [];
  const [operator, ...operands] = terms as Term[];
  const name = fixedPath(operator!)?.join('.');
  const isName = (term: Term | undefined) => term !== undefined && fixedPath(term)?.join('.') === 'input.action.name';
  if (name === 'equal' && operands.some(isName)) return operands.filter(({ type }) => type === 'string');
  if (name === 'internal.member_2' && isName(operands[0])) {
    const [, collection] = operands;
    if (collection?.type !== 'set' && collection?.type !== 'array') return [];
    return [...termsIn(collection.value)].filter(({ type }) => type === 'string');
  }
  return [];
}
