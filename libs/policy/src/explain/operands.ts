import { textOf, type Expression, type Module, type Term } from '../rego/ast.js';
import { readsOf, type Packages } from './reads.js';

const SHOWN = new Set(['ref', 'var', 'call']);
const COMPOSITE = new Set(['array', 'object', 'set', 'call']);

/** The texts of what a condition looks at, worth showing when somebody asks why it does not hold. */
export function operandsOf(expression: Expression, module: Module, packages: Packages): string[] {
  const shown = topTerms(expression).flatMap(showable);
  const texts = shown.flatMap(({ location }) => (location ? [textOf(location)] : []));
  const reads = readsOf(expression.terms, module, packages);
  return [...new Set([...texts, ...reads])];
}

/** The outermost terms: the operands of a call, what `some` and `every` go through, or the one term there is. */
function topTerms({ terms }: Expression): Term[] {
  if (Array.isArray(terms)) {
    const [operator, ...operands] = terms as Term[];
    // The left side of `:=` has no value before it, and is not what the condition is about.
    return (operator!.value as Term[])[0]?.value === 'assign' ? operands.slice(1) : operands;
  }
  if ('symbols' in terms) return (terms.symbols as Term[]).flatMap(collectionOf);
  return 'domain' in terms ? [terms['domain'] as Term] : [terms as Term];
}

/** `some x in xs` is a call of a membership builtin whose last operand is the collection. */
function collectionOf(symbol: Term): Term[] {
  const collection = symbol.type === 'call' ? (symbol.value as Term[]).at(-1) : undefined;
  return collection ? [collection] : [];
}

/** The term itself when it has a value to show, and what is written within it. Comprehensions keep their variables. */
function showable(term: Term): Term[] {
  const own = SHOWN.has(term.type) ? [term] : [];
  if (!COMPOSITE.has(term.type)) return own;
  const parts = (term.value as (Term | Term[])[]).flat();
  return [...own, ...(term.type === 'call' ? parts.slice(1) : parts).flatMap(showable)];
}
