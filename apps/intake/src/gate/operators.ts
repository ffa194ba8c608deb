import type { Person } from '@countersign/approval';

/** Whose members may stop and resume whatever there is. */
const OPERATORS: readonly string[] = ['ops', 'security'];

export function isOperator({ groups }: Person): boolean {
  return groups.some((group) => OPERATORS.includes(group));
}
