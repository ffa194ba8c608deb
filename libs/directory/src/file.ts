import { identityKey, ROLES, type Person } from '@countersign/approval';
import { Fault } from '@countersign/contract';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { calendar, quiet, requireZone } from './calendar.js';
import { Directory } from './directory.js';
import { rotation, rotationProblems } from './rotation.js';

// The directory file: people, agents and groups as YAML, for development and for keeping them in git.

const id = z.string().min(1).max(256);
const secretHash = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/, 'write sha256: and the 64 hex digits of the SHA-256 of the token');
const addresses = z.union([z.string().min(1), z.array(z.string().min(1))]).transform((value) => [value].flat());

const schema = z.strictObject({
  people: z
    .array(
      z.strictObject({
        id,
        name: z.string().min(1).max(256),
        groups: z.array(z.string()).default([]),
        tokens: z.array(secretHash).default([]),
        links: z.strictObject({ slack: addresses.optional(), teams: addresses.optional() }).default({}),
        roles: z.array(z.enum(ROLES)).optional(),
        guest: z.boolean().default(false),
        disabled: z.boolean().default(false),
      }),
    )
    .default([]),
  agents: z
    .array(
      z.strictObject({
        id,
        owner: id,
        groups: z.array(z.string()).default([]),
        keys: z.array(secretHash).default([]),
        may_assert_subjects: z.boolean().default(false),
        // Where it is: grants for one place that it redeems must be for one of these.
        audience: addresses.optional(),
        trust: z.string().optional(),
        disabled: z.boolean().default(false),
      }),
    )
    .default([]),
  groups: z
    .record(
      z.string(),
      z
        .strictObject({
          slack: addresses.optional(),
          teams: addresses.optional(),
          calendar: calendar.optional(),
          quiet: quiet.optional(),
          rotation: rotation.optional(),
        })
        .superRefine(requireZone)
        .nullable(),
    )
    .default({}),
});

type Parsed = z.infer<typeof schema>;

/** What a file says, and what is known of people from elsewhere: no file can say that. */
export type DirectoryFile = Omit<Parsed, 'people'> & {
  people: (Parsed['people'][number] &
    Pick<Person, 'rota' | 'stands_in' | 'since' | 'also'> & {
      /** True when nobody knows them but the identity provider, by which they signed in. */
      claimed?: true;
    })[];
};

/**
 * Reads a directory from YAML text. Throws Fault `directory-invalid` that names the place and says what to change: a
 * directory that is half right is not used at all.
 */
export function parseDirectory(text: string, name: string): Directory {
  const document = parseDocument(text, { uniqueKeys: true });
  const [error] = document.errors;
  if (error) throw new Fault('directory-invalid', `${name}: ${error.message}`);
  const parsed = schema.safeParse(valueOf(document, name));
  if (!parsed.success) {
    const issues = parsed.error.issues.slice(0, 5).map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new Fault('directory-invalid', `${name}: ${issues.join('; ')}`);
  }
  const problems = contradictions(parsed.data);
  if (problems.length > 0) throw new Fault('directory-invalid', `${name}: ${problems.slice(0, 5).join('; ')}`);
  return new Directory(parsed.data);
}

/** Throws Fault `directory-invalid` for nothing at all, as a file is while it is being written, and for a bomb of aliases. */
function valueOf(document: ReturnType<typeof parseDocument>, name: string): unknown {
  let value: unknown;
  try {
    value = document.toJS();
  } catch (cause) {
    throw new Fault('directory-invalid', `${name}: ${(cause as Error).message}`, { cause });
  }
  if (value === null) throw new Fault('directory-invalid', `${name}: is empty: write people, agents and groups`);
  return value;
}

/** What would make one credential or chat account stand for two, or an owner for two. */
function contradictions({ people, agents, groups }: DirectoryFile): string[] {
  const problems: string[] = [];
  const once = (kind: string) => {
    const seen = new Map<string, string>();
    return (key: string, holder: string) => {
      const other = seen.get(key);
      if (other !== undefined) problems.push(`${kind} of ${holder} is also that of ${other}: make it unique`);
      seen.set(key, holder);
    };
  };
  const ids = once('the id');
  const secrets = once('a token or key');
  const accounts = once('a chat link');
  for (const person of people) {
    // Two spellings of one id would be one person twice: the rules compare ids loosely, so the directory must not hold both.
    ids(identityKey(person.id), `person ${person.id}`);
    person.tokens.forEach((token) => secrets(token, person.id));
    for (const [channel, links] of Object.entries(person.links))
      links?.forEach((link) => accounts(`${channel}:${link}`, person.id));
    for (const group of person.groups) {
      if (!Object.hasOwn(groups, group))
        problems.push(`${person.id} is in group ${group}, which is not under groups: add it`);
    }
  }
  const known = new Map(people.map(({ id }) => [identityKey(id), id]));
  problems.push(...rotationProblems({ people, groups }));
  for (const agent of agents) {
    ids(identityKey(agent.id), `agent ${agent.id}`);
    agent.keys.forEach((key) => secrets(key, agent.id));
    // Who is not under people may come from elsewhere; until then nobody answers for the agent, and nothing is let through.
    const owner = known.get(identityKey(agent.owner));
    if (owner !== undefined && owner !== agent.owner)
      problems.push(`agent ${agent.id} is owned by ${agent.owner}, who is spelled ${owner} under people: write it so`);
  }
  return problems;
}
