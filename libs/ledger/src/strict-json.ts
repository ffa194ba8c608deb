// JSON as a security product must read it: one text has one meaning. Duplicate members, integers a double cannot hold, lone
// surrogates and deep nesting are refused, because two readers could take them for two different things.

export const MAX_DEPTH = 64;

/** Why a text was not taken, and where. */
export class JsonProblem extends Error {
  constructor(
    readonly what: string,
    /** Offset in UTF-16 units. */
    readonly at: number,
  ) {
    super(`${what} at offset ${at}`);
    this.name = 'JsonProblem';
  }
}

const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;

/** Reads one JSON text whole. Throws JsonProblem. Nesting is bounded, so the recursion is too. */
export function parseStrict(text: string, maxDepth = MAX_DEPTH): unknown {
  if (!text.isWellFormed()) throw new JsonProblem('a lone surrogate', 0);
  const reader = new Reader(text, maxDepth);
  const value = reader.value(1);
  reader.end();
  return value;
}

class Reader {
  #at = 0;

  constructor(
    readonly text: string,
    readonly maxDepth: number,
  ) {}

  value(depth: number): unknown {
    this.#space();
    switch (this.text[this.#at]) {
      case '{':
        return this.#object(depth);
      case '[':
        return this.#array(depth);
      case '"':
        return this.#string();
      case 't':
        return this.#word('true', true);
      case 'f':
        return this.#word('false', false);
      case 'n':
        return this.#word('null', null);
      default:
        return this.#number();
    }
  }

  end(): void {
    this.#space();
    if (this.#at < this.text.length) throw this.#problem('text after the value');
  }

  #object(depth: number): Record<string, unknown> {
    this.#open(depth);
    // No prototype while reading: a member called __proto__ is a member like any other.
    const members = new Map<string, unknown>();
    if (this.#close('}')) return {};
    do {
      this.#space();
      if (this.text[this.#at] !== '"') throw this.#problem('a member name is expected');
      const start = this.#at;
      const name = this.#string();
      if (members.has(name)) throw new JsonProblem('a duplicate member', start);
      this.#space();
      if (this.text[this.#at++] !== ':') throw this.#problem('a colon is expected');
      members.set(name, this.value(depth + 1));
    } while (this.#more('}'));
    return Object.fromEntries(members);
  }

  #array(depth: number): unknown[] {
    this.#open(depth);
    const items: unknown[] = [];
    if (this.#close(']')) return items;
    do items.push(this.value(depth + 1));
    while (this.#more(']'));
    return items;
  }

  #open(depth: number): void {
    if (depth > this.maxDepth) throw this.#problem(`nesting deeper than ${this.maxDepth}`);
    this.#at++;
    this.#space();
  }

  #close(bracket: string): boolean {
    if (this.text[this.#at] !== bracket) return false;
    this.#at++;
    return true;
  }

  #more(bracket: string): boolean {
    this.#space();
    if (this.#close(bracket)) return false;
    if (this.text[this.#at] !== ',') throw this.#problem(`a comma or ${bracket} is expected`);
    this.#at++;
    return true;
  }

  #string(): string {
    STRING.lastIndex = this.#at;
    const match = STRING.exec(this.text);
    if (!match) throw this.#problem('a string is not closed or holds a bad escape');
    const value = JSON.parse(match[0]) as string;
    if (!value.isWellFormed()) throw this.#problem('a lone surrogate');
    this.#at = STRING.lastIndex;
    return value;
  }

  #number(): number {
    NUMBER.lastIndex = this.#at;
    const match = NUMBER.exec(this.text);
    if (!match) throw this.#problem('a value is expected');
    const value = Number(match[0]);
    if (!Number.isFinite(value)) throw this.#problem('a number out of range');
    if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
      throw this.#problem('an integer beyond 2^53: write it as a string');
    }
    this.#at = NUMBER.lastIndex;
    return value;
  }

  #word<T>(word: string, value: T): T {
    if (!this.text.startsWith(word, this.#at)) throw this.#problem('a value is expected');
    this.#at += word.length;
    return value;
  }

  #space(): void {
    for (;;) {
      const char = this.text[this.#at];
      if (char !== ' ' && char !== '\n' && char !== '\r' && char !== '\t') return;
      this.#at++;
    }
  }

  #problem(what: string): JsonProblem {
    return new JsonProblem(what, this.#at);
  }
}
