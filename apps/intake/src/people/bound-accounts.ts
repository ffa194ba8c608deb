import { identityKey } from '@countersign/approval';
import { StatusError } from '@countersign/contract';
import type { Registry, RegistryChange } from '@countersign/store';

/** Which account a person has first signed in with, and whose an account is: one of each, and neither is ever another's. */
const OF_PERSON = 'oidc_account';
const OF_ACCOUNT = 'oidc_holder';

interface Bound {
  person: string;
  account: string;
}

/**
 * Accounts of the identity provider, where people are matched by their address. An address can be changed there, and given to
 * somebody else; the account (its `sub`) cannot. So the first sign-in binds the two, until an operator lets go of them.
 */
export class BoundAccounts {
  constructor(
    readonly registry: Pick<Registry, 'get'>,
    readonly issuer: string,
  ) {}

  /** Whether it is this account that signs in as this person. */
  holds(person: string, account: unknown): boolean {
    return typeof account === 'string' && this.#ofPerson(person)?.state.account === account;
  }

  /** What binds the two; nothing when they are. Throws StatusError PERMISSION_DENIED when one of them is another's, or not said. */
  bind(person: string, account: string | undefined): RegistryChange[] {
    if (account === undefined)
      throw new StatusError('PERMISSION_DENIED', 'the identity provider does not say which account is yours (sub)', {
        reason: 'NO_ACCOUNT',
      });
    if (this.holds(person, account)) return [];
    const before = this.registry.get<Bound>(OF_ACCOUNT, this.#accountKey(account));
    if (before) throw moved('your account at the identity provider', `signed in as ${before.state.person} until now`);
    if (this.#ofPerson(person)) throw moved(person, 'is the address of another account at the identity provider');
    const state: Bound = { person, account };
    return [
      { kind: OF_PERSON, id: this.#personKey(person), expected: 0, state },
      { kind: OF_ACCOUNT, id: this.#accountKey(account), expected: 0, state },
    ];
  }

  /** What lets go of a person's account. */
  release(person: string): RegistryChange[] {
    const bound = this.#ofPerson(person);
    if (!bound) return [];
    const account = this.registry.get<Bound>(OF_ACCOUNT, this.#accountKey(bound.state.account));
    const facts = [
      { kind: OF_PERSON, fact: bound },
      { kind: OF_ACCOUNT, fact: account },
    ];
    return facts.flatMap(({ kind, fact }) =>
      fact ? [{ kind, id: fact.id, expected: fact.version, state: null }] : [],
    );
  }

  #ofPerson(person: string) {
    return this.registry.get<Bound>(OF_PERSON, this.#personKey(person));
  }

  /** Another provider has other accounts, and knows nothing of these. */
  #personKey(person: string): string {
    return `${this.issuer} ${identityKey(person)}`;
  }

  #accountKey(account: string): string {
    return `${this.issuer} ${account}`;
  }
}

function moved(what: string, why: string): StatusError {
  const text = `${what} ${why}: nobody becomes somebody else by an address; an operator can let go of it (EndSignIns)`;
  return new StatusError('PERMISSION_DENIED', text, { reason: 'ADDRESS_MOVED' });
}
