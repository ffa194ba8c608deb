import type { Role } from './roles.js';

// What was asked: the canonical request, as it is hashed, evaluated, shown and recorded. Members are named as on the wire.

export type JsonObject = { [key: string]: unknown };

export interface Subject {
  type: string;
  id: string;
  properties?: JsonObject;
}

export interface Action {
  name: string;
  /** The arguments, by AuthZEN's name. */
  properties?: JsonObject;
}

export interface Resource {
  type: string;
  id: string;
  properties?: JsonObject;
}

export interface ActionRequest {
  subject: Subject;
  /** On whose behalf: a person's id. */
  principal?: string;
  action: Action;
  resource: Resource;
  context?: JsonObject;
  /** The agent's own words: never verified, never interpreted. */
  justification?: string;
  /** The authenticated caller, when it is not the subject itself. */
  submitted_by?: string;
  request_id?: string;
  /** Where the grant is to be used: the one enforcement point that may take it. */
  audience?: string;
  /** RFC 7638 thumbprint of the key whose holder alone may use the grant. */
  holder_key?: string;
}

/** A person as the directory knows them now. */
export interface Person {
  id: string;
  name: string;
  groups: readonly string[];
  guest?: boolean;
  disabled?: boolean;
  /** Absent: none are stated, which makes an approver. */
  roles?: readonly Role[];
  /** Further ids of the same human being, such as a second account. */
  also?: readonly string[];
  /** RFC 3339: since when the id is theirs. Absent: it was never anybody else's. */
  since?: string;
  /** Where the person can be spoken to: accounts that are linked to them. */
  accounts?: readonly ChatAccount[];
  /** Seats that others have handed over for now. */
  stands_in?: readonly HandedSeat[];
  /** Groups whose duty this person takes in turns, whether or not it is their turn now. */
  rota?: readonly string[];
}

/** A seat that somebody has handed over. Who handed it over may sit on it: the directory leaves out those who may not. */
export interface HandedSeat {
  group: string;
  for: string;
  name?: string;
  /** All groups of whoever handed it over: a group that is excluded is, whoever sits for its people. */
  groups?: readonly string[];
  also?: readonly string[];
}

/** An account in a chat system, in that system's own words. */
export interface ChatAccount {
  channel: 'slack' | 'teams';
  account: string;
}

/** What the directory says about the agent that asks. */
export interface Agent {
  id: string;
  /** The person answerable for it. */
  owner: string;
  owner_name?: string;
  groups: readonly string[];
  trust?: string;
}

/** Where people of a group are asked: a channel's own address for a conversation. */
export interface Destination {
  channel: 'slack' | 'teams';
  address: string;
  group: string;
}

/** A conversation. */
export type Place = Pick<Destination, 'channel' | 'address'>;
