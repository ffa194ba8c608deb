import { hash } from 'node:crypto';
import type { Resource } from '@countersign/scim';

// What is kept of people and groups, as standing facts. A group's members are spread over leaves, so that one who joins ten
// thousand others changes a few kilobytes. Names are facts of their own: that is what makes them unique over all processes.

export const USER_KIND = 'scim_user';
export const GROUP_KIND = 'scim_group';
export const LEAF_KIND = 'scim_members';
export const NAME_KIND = 'scim_name';

/** What changes the directory. */
export const DIRECTORY_KINDS = [USER_KIND, GROUP_KIND, LEAF_KIND];

interface Kept {
  /** What the provider said, and the id. */
  resource: Resource & { id: string };
  /** RFC 3339. */
  created: string;
  modified: string;
  /** How many events have been told of it. */
  told: number;
}

export interface KeptUser extends Kept {
  /** The id that rules compare, as it was when it was last written. */
  person: string;
  /** RFC 3339: since when that id is theirs. Absent in what was kept before: since they were told of. */
  since?: string;
  /** Ids that were theirs before, the latest first. */
  was?: string[];
}

export type KeptGroup = Kept;

export interface Leaf {
  /** Ids of users, in order. */
  members: string[];
}

export interface KeptName {
  /** The id of who has it. */
  holder: string;
}

const LEAVES = 64;

/** The leaf of a group that a member is in, if it is in the group. */
export function leafOf(group: string, user: string): string {
  return leafKey(group, hash('sha256', user, 'buffer')[0]! % LEAVES);
}

/** The keys under which the members of a group are kept. */
export function leavesOf(group: string): string[] {
  return Array.from({ length: LEAVES }, (_, i) => leafKey(group, i));
}

/** The group that such a key belongs to. */
export function groupOfLeaf(leaf: string): string {
  return leaf.slice(0, leaf.indexOf('/'));
}

function leafKey(group: string, i: number): string {
  return `${group}/${String(i).padStart(2, '0')}`;
}
