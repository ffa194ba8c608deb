import { invalidArgument, type FieldViolation } from '@countersign/contract';

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

  /** Throws StatusError INVALID_ARGUMENT if anything was found. */
  settle(): void {
    const [first, ...others] = this.#found;
    if (first) throw invalidArgument(first, ...others);
  }
}
