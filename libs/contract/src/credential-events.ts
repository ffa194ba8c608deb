// Facts about the credentials of people and agents. A token and its end, a sign-in and its end, a link and its end are one stream
// each. No event holds a credential, nor anything one could be made from.

interface Holder {
  /** Whose it is, when it is a person's. */
  person?: string;
  /** Whose it is, when it is an agent's. */
  agent?: string;
}

/** Somebody made an API token. */
export interface TokenIssued extends Holder {
  type: 'token.issued';
  name: string;
  scopes: string[];
  expires_at: string;
  by: string;
  by_name: string;
}

/** A token was taken back. One that ends by itself tells nothing. */
export interface TokenRevoked extends Holder {
  type: 'token.revoked';
  name: string;
  by: string;
  by_name: string;
}

/** A person signed in with the identity provider. */
export interface PersonSignedIn {
  type: 'person.signed_in';
  person: string;
  person_name: string;
  issuer: string;
  /** The account there. */
  subject?: string;
  /** When the person last proved who they are, as the identity provider says. */
  auth_time?: string;
  acr?: string;
  amr?: string[];
  expires_at: string;
  /** The decision for which they proved it once more. */
  step_up?: string;
}

/** A sign-in was ended before its time. */
export interface PersonSignedOut {
  type: 'person.signed_out';
  person: string;
  /** Who ended it: the person themselves, or an operator. */
  by: string;
  by_name: string;
}

/** A chat account speaks for a person from now on: both sides have proved it. */
export interface AccountLinked {
  type: 'account.linked';
  person: string;
  person_name: string;
  channel: string;
  account: string;
  /** As the chat system names them; not verified further. */
  account_name: string;
  workspace: string;
}

/** A chat account speaks for nobody any more. */
export interface AccountUnlinked {
  type: 'account.unlinked';
  person: string;
  channel: string;
  account: string;
  by: string;
  by_name: string;
}

export type CredentialFact =
  TokenIssued | TokenRevoked | PersonSignedIn | PersonSignedOut | AccountLinked | AccountUnlinked;
export type CredentialFactType = CredentialFact['type'];
