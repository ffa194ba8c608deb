import type { Builtin, Builtins } from '../wasm/host.js';
import { Numeral, toBigInt, toInt64 } from '../wasm/numeral.js';
import { RegoObject, RegoSet, type Value } from '../wasm/value.js';

// Operands come in any type: what a policy hands over is often what an agent sent. A wrong one makes the call undefined, as in
// OPA. What else goes wrong in a builtin is a mistake of ours, is not caught here, and so denies.

/** Thrown by a builtin for operands it does not take. One object for all: nobody looks at its stack. */
export const BAD_OPERAND = new Error('bad operand');

export function refuse(): never {
  throw BAD_OPERAND;
}

/** The builtins as the module may call them: `undefined` for bad operands. */
export function tolerant(builtins: Builtins): Builtins {
  return Object.fromEntries(Object.entries(builtins).map(([name, builtin]) => [name, undefinedForBad(builtin)]));
}

function undefinedForBad(builtin: Builtin): Builtin {
  return (...operands) => {
    try {
      return builtin(...operands);
    } catch (thrown) {
      if (thrown === BAD_OPERAND) return undefined;
      throw thrown;
    }
  };
}

export function textOf(operand: Value | undefined): string {
  return typeof operand === 'string' ? operand : refuse();
}

export function numeralOf(operand: Value | undefined): Numeral {
  return operand instanceof Numeral ? operand : refuse();
}

/** An integer that is written as one. */
export function int64Of(operand: Value | undefined): bigint {
  return toInt64(numeralOf(operand)) ?? refuse();
}

/** A 64-bit integer where a double is exact enough: an index, a count. */
export function countOf(operand: Value | undefined): number {
  return Number(int64Of(operand));
}

/** Any integer, however it is written. */
export function bigIntOf(operand: Value | undefined): bigint {
  return toBigInt(numeralOf(operand)) ?? refuse();
}

export function listOf(operand: Value | undefined): Value[] {
  return Array.isArray(operand) ? operand : refuse();
}

/** The members of an array or of a set. */
export function membersOf(operand: Value | undefined): Value[] {
  return operand instanceof RegoSet ? operand.members() : listOf(operand);
}

export function textsOf(operand: Value | undefined): string[] {
  return membersOf(operand).map(textOf);
}

export function objectOf(operand: Value | undefined): RegoObject {
  return operand instanceof RegoObject ? operand : refuse();
}
