import { badRequest, type ScimType } from './problem.js';
import { tokensOf, type Token } from './tokens.js';

const COMPARISONS = ['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le'] as const;
export type Comparison = (typeof COMPARISONS)[number];
export type Literal = string | number | boolean | null;

/** A filter as RFC 7644 §3.4.2.2 has it. Paths are as they were written; what they mean depends on the resource. */
export type Filter =
  | { op: 'and' | 'or'; parts: Filter[] }
  | { op: 'not'; part: Filter }
  | { op: 'present'; of: Target }
  | { op: 'compare'; of: Target; how: Comparison; to: Literal }
  /** Some value of the attribute is like that: `emails[type eq "work"]`. */
  | { op: 'some'; of: Required<Pick<Target, 'path' | 'where'>> };

/** `path`, `path[where]` or `path[where].part`. */
export interface Target {
  path: string;
  where?: Filter;
  part?: string;
}

const MAX_DEPTH = 24;
const MAX_TERMS = 200;

/** Throws ScimProblem `invalidFilter` that says where and what. */
export function parseFilter(text: string): Filter {
  const parser = new Parser(text, 'invalidFilter');
  const filter = parser.filter();
  parser.end();
  return filter;
}

/** The path of a PATCH operation: a filter's left side alone. Throws ScimProblem `invalidPath`. */
export function parseTarget(text: string): Target {
  const parser = new Parser(text, 'invalidPath');
  const target = parser.target();
  parser.end();
  return target;
}

class Parser {
  readonly #tokens: Token[];
  #next = 0;
  #depth = 0;
  #terms = 0;

  constructor(
    text: string,
    readonly scimType: ScimType,
  ) {
    this.#tokens = tokensOf(text, scimType);
  }

  /** `or` binds weaker than `and`, and `not` strongest. */
  filter(): Filter {
    if (++this.#depth > MAX_DEPTH) throw this.#problem(`is nested deeper than ${MAX_DEPTH}: write it flatter`);
    const filter = this.#list('or', () => this.#list('and', () => this.#term()));
    this.#depth--;
    return filter;
  }

  target(): Target {
    const token = this.#take();
    if (token.kind !== 'word' || token.text.startsWith('.')) throw this.#expected('the name of an attribute', token);
    if (this.#peek().kind !== '[') return { path: token.text };
    this.#take();
    const where = this.filter();
    this.#require(']');
    const after = this.#peek();
    if (after.kind !== 'word' || !after.text.startsWith('.')) return { path: token.text, where };
    this.#take();
    return { path: token.text, where, part: after.text.slice(1) };
  }

  end(): void {
    const token = this.#take();
    if (token.kind !== 'end') throw this.#expected('nothing more', token);
  }

  #list(op: 'and' | 'or', part: () => Filter): Filter {
    const parts = [part()];
    while (this.#isWord(op)) {
      this.#take();
      parts.push(part());
    }
    return parts.length === 1 ? parts[0]! : { op, parts };
  }

  #term(): Filter {
    if (++this.#terms > MAX_TERMS) throw this.#problem(`has more than ${MAX_TERMS} conditions: ask for less at a time`);
    if (this.#isWord('not') && this.#tokens[this.#next + 1]!.kind === '(') {
      this.#take();
      return { op: 'not', part: this.#group() };
    }
    if (this.#peek().kind === '(') return this.#group();
    return this.#condition();
  }

  #group(): Filter {
    this.#require('(');
    const filter = this.filter();
    this.#require(')');
    return filter;
  }

  #condition(): Filter {
    const of = this.target();
    const token = this.#peek();
    const how = token.kind === 'word' ? token.text.toLowerCase() : '';
    if (how === 'pr') {
      this.#take();
      return { op: 'present', of };
    }
    if (isComparison(how)) {
      this.#take();
      return { op: 'compare', of, how, to: this.#literal() };
    }
    if (of.where && of.part === undefined) return { op: 'some', of: { path: of.path, where: of.where } };
    throw this.#expected(`pr or one of ${COMPARISONS.join(', ')}`, token);
  }

  #literal(): Literal {
    const token = this.#take();
    if (token.kind === 'literal') return token.value;
    const text = token.kind === 'word' ? token.text.toLowerCase() : '';
    if (text === 'true' || text === 'false') return text === 'true';
    if (text === 'null') return null;
    throw this.#expected('a value: a string in double quotes, a number, true, false or null', token);
  }

  #require(kind: '(' | ')' | '[' | ']'): void {
    const token = this.#take();
    if (token.kind !== kind) throw this.#expected(kind, token);
  }

  #isWord(text: string): boolean {
    const token = this.#peek();
    return token.kind === 'word' && token.text.toLowerCase() === text;
  }

  #peek(): Token {
    return this.#tokens[this.#next]!;
  }

  #take(): Token {
    const token = this.#peek();
    if (token.kind !== 'end') this.#next++;
    return token;
  }

  #expected(what: string, { at }: Token): Error {
    return this.#problem(`needs ${what} at character ${at + 1}`);
  }

  #problem(detail: string): Error {
    const what = this.scimType === 'invalidFilter' ? 'the filter' : 'the path';
    return badRequest(this.scimType, `${what} ${detail}`);
  }
}

function isComparison(text: string): text is Comparison {
  return (COMPARISONS as readonly string[]).includes(text);
}
