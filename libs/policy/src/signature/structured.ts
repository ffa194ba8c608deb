import { isUtf8 } from 'node:buffer';

// The one text of a JSON document that OPA hashes when it signs data and manifests: members by the bytes of their names, no
// space, strings as Go writes them, numbers as they were written. Two texts that differ only in layout have the same one.

const MAX_DEPTH = 512;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;
const SPACE = /[ \t\n\r]*/y;

/** Throws an Error on anything that is not one JSON document, or that two readers could take for two different ones. */
export function structuredText(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new Error('it is not UTF-8');
  const reader = new Reader(bytes.toString('utf8'));
  const text = reader.value(1);
  reader.end();
  return text;
}

class Reader {
  #at = 0;

  constructor(readonly text: string) {}

  value(depth: number): string {
    if (depth > MAX_DEPTH) throw new Error(`it is nested more than ${MAX_DEPTH} deep`);
    this.#match(SPACE);
    const first = this.text[this.#at];
    if (first === '{') return this.#object(depth);
    if (first === '[') return `[${this.#items(']', () => this.value(depth + 1)).join()}]`;
    if (first === '"') return quoted(this.#string());
    return this.#match(WORD) ?? this.#match(NUMBER) ?? this.#fail();
  }

  end(): void {
    this.#match(SPACE);
    if (this.#at < this.text.length) this.#fail();
  }

  #object(depth: number): string {
    const members = new Map<string, string>();
    this.#items('}', () => {
      this.#match(SPACE);
      const name = this.#string();
      if (members.has(name)) throw new Error(`it holds the member ${quoted(name)} twice`);
      this.#take(':');
      members.set(name, this.value(depth + 1));
    });
    const sorted = [...members].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    return `{${sorted.map(([name, value]) => `${quoted(name)}:${value}`).join()}}`;
  }

  #items<T>(close: string, item: () => T): T[] {
    this.#at++;
    this.#match(SPACE);
    const items: T[] = [];
    if (this.text[this.#at] === close) this.#at++;
    else {
      for (let more = true; more;) {
        items.push(item());
        this.#match(SPACE);
        more = this.text[this.#at] === ',';
        this.#take(more ? ',' : close);
      }
    }
    return items;
  }

  #string(): string {
    return JSON.parse(this.#match(STRING) ?? this.#fail()) as string;
  }

  #take(character: string): void {
    this.#match(SPACE);
    if (this.text[this.#at++] !== character) this.#fail();
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.text)?.[0];
    this.#at += match?.length ?? 0;
    return match;
  }

  #fail(): never {
    throw new Error(`it is not JSON at character ${this.#at}`);
  }
}

/** A string as Go's encoder writes it without escaping HTML. Half a surrogate pair is no character to Go. */
function quoted(text: string): string {
  return JSON.stringify(text.toWellFormed()).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
}
