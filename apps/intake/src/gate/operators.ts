import { roleRefusal, type Person } from '@countersign/approval';

/** Who may stop and resume whatever there is. */
export function isOperator(person: Person): boolean {
  return roleRefusal(person, 'operate') === undefined;
}
