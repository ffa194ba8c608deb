import type { Builtins } from '../wasm/host.js';
import { Numeral, toInt64 } from '../wasm/numeral.js';
import type { Value } from '../wasm/value.js';
import { regoText } from './go-quote.js';
import { formatArgument, typeName, type Flags, type GoArgument } from './go-verbs.js';
import { listOf, textOf } from './operands.js';

/** `sprintf`, as Go's fmt does it: with its verbs, and with its way of showing what does not fit. */
export const SPRINTF_BUILTINS: Builtins = {
  sprintf: (format, values) => new Format(textOf(format), listOf(values).map(toArgument)).text(),
};

/** Numbers with a point or an exponent are doubles, whatever their value; all that is neither number nor text is shown. */
function toArgument(value: Value): GoArgument {
  if (typeof value === 'string') return value;
  if (!(value instanceof Numeral)) return regoText(value);
  if (/[.eE]/.test(value.text)) {
    const double = Number(value.text);
    return Number.isFinite(double) ? double : value.text;
  }
  return toInt64(value) ?? { big: BigInt(value.text) };
}

const LARGEST_NUMBER = 1_000_000;
const FLAGS: Record<string, 'sharp' | 'zero' | 'plus' | 'minus' | 'space'> = {
  '#': 'sharp',
  '0': 'zero',
  '+': 'plus',
  '-': 'minus',
  ' ': 'space',
};

class Format {
  #at = 0;
  #argument = 0;
  #reordered = false;
  #goodIndex = true;
  #out = '';

  constructor(
    readonly format: string,
    readonly values: GoArgument[],
  ) {}

  text(): string {
    while (this.#at < this.format.length) {
      const next = this.format.indexOf('%', this.#at);
      this.#out += this.format.slice(this.#at, next < 0 ? undefined : next);
      if (next < 0) break;
      this.#at = next + 1;
      this.#verb();
    }
    if (!this.#reordered && this.#argument < this.values.length) {
      const extra = this.values.slice(this.#argument);
      this.#out += `%!(EXTRA ${extra.map((value) => `${typeName(value)}=${formatArgument(value, 'v', noFlags())}`).join(', ')})`;
    }
    return this.#out;
  }

  #verb(): void {
    this.#goodIndex = true;
    const flags = noFlags();
    for (let flag = FLAGS[this.#next()]; flag; flag = FLAGS[this.#next()]) {
      flags[flag] = true;
      this.#at++;
    }
    let indexed = this.#index();
    if (this.#next() === '*') {
      this.#at++;
      flags.width = this.#numberArgument();
      if (flags.width === undefined) this.#out += '%!(BADWIDTH)';
      if (flags.width !== undefined && flags.width < 0)
        Object.assign(flags, { width: -flags.width, minus: true, zero: false });
      indexed = false;
    } else {
      flags.width = this.#number();
      if (indexed && flags.width !== undefined) this.#goodIndex = false;
    }
    if (this.#next() === '.' && this.#at + 1 < this.format.length) {
      this.#at++;
      if (indexed) this.#goodIndex = false;
      indexed = this.#index();
      if (this.#next() === '*') {
        this.#at++;
        flags.precision = this.#numberArgument();
        if (flags.precision === undefined || flags.precision < 0) {
          flags.precision = undefined;
          this.#out += '%!(BADPREC)';
        }
        indexed = false;
      } else flags.precision = this.#number() ?? 0;
    }
    if (!indexed) this.#index();
    this.#print(flags);
  }

  #print(flags: Flags): void {
    const code = this.format.codePointAt(this.#at);
    if (code === undefined) {
      this.#out += '%!(NOVERB)';
      return;
    }
    const verb = String.fromCodePoint(code);
    this.#at += verb.length;
    if (verb === '%') this.#out += '%';
    else if (!this.#goodIndex) this.#out += `%!${verb}(BADINDEX)`;
    else if (this.#argument >= this.values.length) this.#out += `%!${verb}(MISSING)`;
    else {
      if (verb === 'v' || verb === 'w') Object.assign(flags, { goSyntax: flags.sharp, sharp: false, plus: false });
      this.#out += formatArgument(this.values[this.#argument++]!, verb, flags);
    }
  }

  #next(): string {
    return this.format[this.#at] ?? '';
  }

  // "[3]": the argument that is next, counted from one.
  #index(): boolean {
    if (this.#next() !== '[') return false;
    this.#reordered = true;
    const close = this.format.indexOf(']', this.#at);
    if (close < 0) {
      this.#goodIndex = false;
      this.#at++;
      return false;
    }
    const inside = this.format.slice(this.#at + 1, close);
    this.#at = close + 1;
    const index = /^\d+$/.test(inside) ? Number(inside) : undefined;
    if (index !== undefined && index >= 1 && index <= this.values.length) {
      this.#argument = index - 1;
      return true;
    }
    this.#goodIndex = false;
    return index !== undefined;
  }

  #number(): number | undefined {
    const digits = /^\d*/.exec(this.format.slice(this.#at, this.#at + 12))![0];
    if (digits === '') return undefined;
    if (Number(digits) > LARGEST_NUMBER * 10) {
      this.#at = this.format.length;
      return undefined;
    }
    this.#at += digits.length;
    return Number(digits);
  }

  #numberArgument(): number | undefined {
    if (this.#argument >= this.values.length) return undefined;
    const value = this.values[this.#argument++];
    return typeof value === 'bigint' && value <= LARGEST_NUMBER && value >= -LARGEST_NUMBER ? Number(value) : undefined;
  }
}

function noFlags(): Flags {
  return {
    sharp: false,
    zero: false,
    plus: false,
    minus: false,
    space: false,
    goSyntax: false,
    width: undefined,
    precision: undefined,
  };
}
