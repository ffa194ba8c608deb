import { ScimProblem } from '@countersign/scim';
import type { Change } from './change.js';
import { NAME_KIND, type KeptName } from './facts.js';
import type { ScimPeople } from './people.js';

// Each name is a fact of its own, so that of two processes that give it away at once one loses.

/** Keeps a name for one holder. Throws ScimProblem `uniqueness` when another has it. */
export function takeName({ registry }: ScimPeople, change: Change, name: string, holder: string, type: string): void {
  if (registry.get<KeptName>(NAME_KIND, name))
    throw new ScimProblem(409, `another ${type} has this name: give each its own, whatever its case`, 'uniqueness');
  change.put(NAME_KIND, name, 0, { holder });
}

/** Lets go of a name, so that another may have it. */
export function freeName({ registry }: ScimPeople, change: Change, name: string): void {
  const fact = registry.get<KeptName>(NAME_KIND, name);
  if (fact) change.put(NAME_KIND, name, fact.version, null);
}
