import type { Envelope, GroupChanged, PeopleFact, PeopleFactType } from '@countersign/contract';
import { base, severity, status, user } from './ocsf-parts.js';
import type { Activity, OcsfEvent, Position } from './ocsf-parts.js';

// What an identity provider says of people, as Account Change (3001), and of groups, as Group Management (3006).

const TYPES = Object.keys({
  'person.provisioned': true,
  'person.changed': true,
  'person.removed': true,
  'group.changed': true,
} satisfies Record<PeopleFactType, true>);

export function isPeopleFact(type: string): boolean {
  return TYPES.includes(type);
}

const ACTOR = { actor: { app_name: 'SCIM' } };

/** The OCSF events for a fact about people, at least one. Throws a TypeError when members are missing. */
export function peopleToOcsf(event: Envelope, at: Position): OcsfEvent[] {
  const fact = { type: event.type, ...event.data } as PeopleFact;
  const account = (
    activity: Activity,
    { person, name }: { person: string; name: string },
    detail: string,
  ): OcsfEvent[] => [
    {
      ...base(event, at, 3001, activity, []),
      ...ACTOR,
      user: user(person, name),
      ...severity(1),
      ...status(1, detail),
    },
  ];
  switch (fact.type) {
    case 'person.provisioned':
      return account({ id: 1, name: 'Create' }, fact, fact.attributes.join(', '));
    case 'person.removed':
      return account({ id: 6, name: 'Delete' }, fact, 'removed by the identity provider');
    case 'person.changed': {
      const was = fact.previous === undefined ? '' : `was ${fact.previous}; `;
      return account(changeOf(fact.attributes, fact.active), fact, was + fact.attributes.join(', '));
    }
    case 'group.changed':
      return groupToOcsf(event, at, fact);
  }
}

/** An account that was switched is told as that, whatever else has changed. */
function changeOf(attributes: readonly string[], active: boolean): Activity {
  if (!attributes.includes('active')) return { id: 99, name: 'Update' };
  return active ? { id: 2, name: 'Enable' } : { id: 5, name: 'Disable' };
}

function groupToOcsf(event: Envelope, at: Position, fact: GroupChanged): OcsfEvent[] {
  const managed = (activity: Activity, detail: string, person?: string): OcsfEvent => ({
    ...base(event, at, 3006, activity, [], person === undefined ? '' : `/${activity.id}/${person}`),
    ...ACTOR,
    group: { name: fact.group, uid: event.decision_id },
    ...(person === undefined ? {} : { user: user(person) }),
    ...severity(1),
    ...status(1, detail),
  });
  const was = fact.previous === undefined ? '' : `was ${fact.previous}`;
  const itself = {
    created: [managed({ id: 6, name: 'Create' }, 'created')],
    removed: [managed({ id: 5, name: 'Delete' }, 'removed')],
    changed: was ? [managed({ id: 99, name: 'Update' }, was)] : [],
  }[fact.change];
  const told = [
    ...itself,
    // One event for each person: that is how the class is defined, and how a SIEM counts who came and went.
    ...fact.added.map((person) => managed({ id: 3, name: 'Add User' }, 'added', person)),
    ...fact.removed.map((person) => managed({ id: 4, name: 'Remove User' }, 'removed', person)),
  ];
  return told.length > 0 ? told : [managed({ id: 99, name: 'Update' }, 'changed')];
}
