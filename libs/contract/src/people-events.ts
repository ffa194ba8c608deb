// Facts about people and groups as an identity provider told them. Each person and each group is a stream of its own. What is
// recorded of a person is who it is and whether they count: nothing else of what the provider knows.

/** What a fact about a person says of them, as it is from then on. */
interface ProvisionedPerson {
  /** The id that rules compare. */
  person: string;
  name: string;
  active: boolean;
  guest: boolean;
  /** What they may do to the gate, where the provider says so. */
  roles?: string[];
  /** Names of the attributes that were set or changed, without their values. */
  attributes: string[];
  /** Who said so: "scim". */
  by: string;
}

/** An identity provider told of a person who was not known. */
export interface PersonProvisioned extends ProvisionedPerson {
  type: 'person.provisioned';
}

/** An identity provider says something else of a person than before. */
export interface PersonChanged extends ProvisionedPerson {
  type: 'person.changed';
  /** The id until now, when that has changed too. */
  previous?: string;
}

/** An identity provider took a person back. */
export interface PersonRemoved {
  type: 'person.removed';
  person: string;
  name: string;
  by: string;
}

/** Who is in a group, or what it is called, has changed. Many people are told in several facts. */
export interface GroupChanged {
  type: 'group.changed';
  group: string;
  /** The name until now, when that has changed. */
  previous?: string;
  change: 'created' | 'changed' | 'removed';
  /** Ids of people. */
  added: string[];
  removed: string[];
  by: string;
}

export type PeopleFact = PersonProvisioned | PersonChanged | PersonRemoved | GroupChanged;
export type PeopleFactType = PeopleFact['type'];
