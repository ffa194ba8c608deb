import { timestampMs, type Timestamp } from '@bufbuild/protobuf/wkt';
import { invalidArgument, type FieldViolation } from '@countersign/contract';

const ZERO = 'holds the character U+0000, which cannot be kept';
/** In JSON as PostgreSQL will not look into it. Behind an escaped backslash it is text as any other. */
const ZERO_ESCAPE = /(?<!\\)(?:\\\\)*\\u0000/;
/** Protocol buffers have no JSON for a time outside of these, and RFC 3339 no text. */
const [FIRST_MS, LAST_MS] = [Date.parse('0001-01-01T00:00:00.000Z'), Date.parse('9999-12-31T23:59:59.999Z')];

/** Collects what is wrong with a request, so that the caller hears everything at once. */
export class Violations {
  readonly #found: FieldViolation[] = [];

  add(field: string, description: string): void {
    this.#found.push({ field, description });
  }

  /** An id: 1 to 256 characters, none of them a control character. */
  id(field: string, value: string): void {
    if (value === '') this.add(field, 'is required');
    else this.text(field, value, 256);
  }

  /** Text of at most `max` characters, none of them a control character. */
  text(field: string, value: string, max: number): void {
    if (value.length > max) this.add(field, `has ${value.length} characters, more than ${max}`);
    if (/\p{Cc}/u.test(value)) this.add(field, 'holds a control character');
    if (!value.isWellFormed()) this.add(field, 'is not well-formed Unicode');
  }

  /** Text of at most `max` characters that people read, in as many lines as it has. */
  prose(field: string, value: string, max: number): void {
    if (value.length > max) this.add(field, `has ${value.length} characters, more than ${max}`);
    if (!value.isWellFormed()) this.add(field, 'is not well-formed Unicode');
    if (value.includes('\0')) this.add(field, ZERO);
  }

  /** Canonical JSON. */
  json(field: string, text: string): void {
    if (text.includes('\\u0000') && ZERO_ESCAPE.test(text)) this.add(field, ZERO);
  }

  /** A time of the years 1 to 9999; undefined when there is none. */
  time(field: string, value: Timestamp | undefined): Date | undefined {
    if (!value) return undefined;
    const ms = timestampMs(value);
    if (ms >= FIRST_MS && ms <= LAST_MS) return new Date(ms);
    this.add(field, 'is not between the years 1 and 9999');
    return undefined;
  }

  /** Throws StatusError INVALID_ARGUMENT if anything was found. */
  settle(): void {
    const [first, ...others] = this.#found;
    if (first) throw invalidArgument(first, ...others);
  }
}
