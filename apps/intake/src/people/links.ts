import { randomInt } from 'node:crypto';
import { hadIdAt, roleRefusal, type Person } from '@countersign/approval';
import { StatusError } from '@countersign/contract';
import type { Directory, DirectoryFile, Overlay } from '@countersign/directory';
import type { Registry, RegistryFact, Writer } from '@countersign/store';
import { newId } from '../ids.js';
import { peopleEvent } from './fact.js';
import { hashOf } from './token-text.js';

/** The kinds under which links and what leads to them are kept. */
const LINK = 'link';
const PROOF = 'link_proof';
const KINDS = [LINK];

export type Channel = 'slack' | 'teams';

/** A chat account, as its channel's signature and words have it. */
export interface Account {
  account: string;
  account_name: string;
  workspace: string;
}

/** A link as it is kept, under channel and account: an account speaks for one person at most. */
export interface KeptLink extends Account {
  id: string;
  person: string;
  channel: Channel;
  at: string;
}

/** An attempt as it is kept. */
interface KeptProof {
  person: string;
  channel: Channel;
  code_hash: string;
  expires_at: string;
  presented?: Account;
}

export interface LinksParts {
  registry: Registry;
  writer: Writer;
  directory: () => Directory;
  now: () => Date;
}

const CODE_MS = 10 * 60_000;
const EVERYWHERE_MS = 5_000;
const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
/** 50 bits, for ten minutes. */
const CODE_DIGITS = 10;

/**
 * Which chat accounts speak for whom. Both sides prove it: the person is signed in here, writes a code and their own id to
 * the bot there, and then confirms here the account that did. Nobody is linked by a code alone, whoever was made to write it.
 */
export class Links {
  constructor(readonly parts: LinksParts) {}

  /** Throws StatusError PERMISSION_DENIED and FAILED_PRECONDITION. */
  async start(channel: Channel, by: Person) {
    const { now, registry, directory } = this.parts;
    if (by.guest)
      throw new StatusError('PERMISSION_DENIED', 'guests cannot approve, so no account of theirs is linked', {
        reason: 'GUEST',
      });
    if (statedAccounts(directory(), registry, by.id, channel).length > 0) throw fromDirectory(channel);
    const ms = now().getTime();
    const id = newId('ppl', ms);
    const code = Array.from({ length: CODE_DIGITS }, () => DIGITS[randomInt(DIGITS.length)]!).join('');
    const expires_at = new Date(ms + CODE_MS).toISOString();
    // One attempt at a time: the one before is over.
    for (const { id: before, state } of registry.all<KeptProof>(PROOF))
      if (state.person === by.id && state.channel === channel) await this.#drop(before);
    const proof: KeptProof = { person: by.id, channel, code_hash: hashOf(code), expires_at };
    await this.#write(id, [], [{ kind: PROOF, id, expected: 0, state: proof }]);
    return { id, code, write: `${channel === 'slack' ? '/countersign ' : ''}link ${code} ${by.id}`, expires_at };
  }

  /** What the bot answers. A code that somebody else's hands hold is no code any more. */
  async present(code: string, person: string, channel: Channel, who: Account): Promise<string> {
    const { registry, now } = this.parts;
    await registry.refresh();
    const at = now().toISOString();
    const wanted = hashOf(code.trim().toUpperCase().replaceAll('-', ''));
    const found = registry
      .all<KeptProof>(PROOF)
      .find(({ state }) => state.code_hash === wanted && state.expires_at > at && state.channel === channel);
    if (!found) return 'This code is not known, or its time is over. Ask for a new one where you are signed in.';
    const { state, id, version } = found;
    if (state.person !== person || (state.presented && state.presented.account !== who.account)) {
      await this.#drop(id);
      return 'This code belongs to somebody else, and is void now. Never write a code that another person gave you.';
    }
    const taken = this.#personOf(channel, who.account);
    if (taken !== undefined && taken !== person) {
      return 'This account is linked to another person. It has to be unlinked first, there or by an operator.';
    }
    await this.#write(id, [], [{ kind: PROOF, id, expected: version, state: { ...state, presented: who } }]);
    return `Almost done: go back to where you are signed in as ${person}, check that it shows this account, and confirm.`;
  }

  /** An attempt of this person. Throws StatusError NOT_FOUND. */
  async look(id: string, by: Person): Promise<KeptProof> {
    return (await this.#own(id, by)).state;
  }

  /** Links what was seen. Throws StatusError FAILED_PRECONDITION and ABORTED. */
  async confirm(id: string, account: string, by: Person, traceId?: string) {
    const { registry, now } = this.parts;
    const { state, version } = await this.#own(id, by);
    const { channel, presented } = state;
    if (!presented || presented.account !== account)
      throw new StatusError('FAILED_PRECONDITION', 'this is not the account that has written the code: look again', {
        reason: 'NOT_PRESENTED',
      });
    const taken = this.#personOf(channel, account);
    if (taken !== undefined)
      throw new StatusError('FAILED_PRECONDITION', 'the account is linked already: unlink it first', {
        reason: 'ALREADY_LINKED',
      });
    const at = now().toISOString();
    const link: KeptLink = { ...presented, id: newId('ppl', Date.parse(at)), person: by.id, channel, at };
    const told = { person: by.id, person_name: by.name, channel, ...presented };
    await this.#write(
      link.id,
      [peopleEvent({ type: 'account.linked', ...told }, at, 1, traceId)],
      [
        { kind: LINK, id: keyOf(channel, account), expected: 0, state: link },
        { kind: PROOF, id, expected: version, state: null },
      ],
    );
    return { link, everywhere: await registry.seenEverywhere(EVERYWHERE_MS) };
  }

  list(person: string): (KeptLink | { person: string; channel: Channel; account: string })[] {
    const { registry, directory } = this.parts;
    const proved = registry.all<KeptLink>(LINK).flatMap(({ state }) => (state.person === person ? [state] : []));
    const stated = (['slack', 'teams'] as const).flatMap((channel) =>
      statedAccounts(directory(), registry, person, channel).map((account) => ({ person, channel, account })),
    );
    return [...stated, ...proved];
  }

  /** Throws StatusError NOT_FOUND, also for the link of somebody else: only operators learn that there is one. */
  async remove(channel: Channel, account: string, by: Person, traceId?: string) {
    const { registry, now } = this.parts;
    await registry.refresh();
    const found = registry.get<KeptLink>(LINK, keyOf(channel, account));
    if (!found || (found.state.person !== by.id && roleRefusal(by, 'operate')))
      throw new StatusError('NOT_FOUND', `no account ${channel}:${account} is linked here`, { reason: 'NO_SUCH_LINK' });
    const { state: link, version, id } = found;
    const fact = {
      type: 'account.unlinked',
      person: link.person,
      channel,
      account,
      by: by.id,
      by_name: by.name,
    } as const;
    const gone = { kind: LINK, id, expected: version, state: null };
    await this.#write(link.id, [peopleEvent(fact, now().toISOString(), 2, traceId)], [gone]);
    return { link, everywhere: await registry.seenEverywhere(EVERYWHERE_MS) };
  }

  /** Forgets attempts that are over. */
  async tidy(): Promise<void> {
    const at = this.parts.now().toISOString();
    for (const { id, state } of this.parts.registry.all<KeptProof>(PROOF))
      if (state.expires_at <= at) await this.#drop(id);
  }

  async #own(id: string, by: Person): Promise<RegistryFact<KeptProof>> {
    const { registry, now } = this.parts;
    await registry.refresh();
    const found = registry.get<KeptProof>(PROOF, id);
    if (found && found.state.person === by.id && found.state.expires_at > now().toISOString()) return found;
    throw new StatusError('NOT_FOUND', 'there is no such attempt, or it has expired: start again', {
      reason: 'NO_SUCH_LINK',
    });
  }

  #personOf(channel: Channel, account: string): string | undefined {
    const { registry, directory } = this.parts;
    // What is kept counts also for a person who is not there now: an account does not become free by a disabled person.
    return (
      registry.get<KeptLink>(LINK, keyOf(channel, account))?.state.person ??
      directory().personBehind(channel, account)?.id
    );
  }

  async #drop(id: string): Promise<void> {
    const { registry, writer } = this.parts;
    const found = registry.get<KeptProof>(PROOF, id);
    if (!found) return;
    const gone = { kind: PROOF, id, expected: found.version, state: null };
    await writer.write({ decisionId: id, events: [], registry: [gone] });
    await registry.refresh();
  }

  async #write(
    stream: string,
    events: ReturnType<typeof peopleEvent>[],
    changes: NonNullable<Parameters<Writer['write']>[0]['registry']>,
  ): Promise<void> {
    const written = await this.parts.writer.write({ decisionId: stream, events, registry: changes });
    if (written !== 'written')
      throw new StatusError('ABORTED', 'somebody else was faster: look again', { reason: 'CONFLICT' });
    await this.parts.registry.refresh();
  }
}

/** Links that people have proved, as a part of the directory. What a source states of an account or a person goes before. */
export class ProvedLinks implements Overlay {
  constructor(readonly registry: Pick<Registry, 'all' | 'seqOf'>) {}

  revision(): number {
    return this.registry.seqOf(KINDS);
  }

  apply(data: DirectoryFile): { data: DirectoryFile } {
    const links = this.registry.all<KeptLink>(LINK).map(({ state }) => state);
    if (links.length === 0) return { data };
    const stated = new Set(
      data.people.flatMap(({ links: own }) =>
        (['slack', 'teams'] as const).flatMap((channel) => (own[channel] ?? []).map((one) => keyOf(channel, one))),
      ),
    );
    const people = data.people.map((person) => {
      const proved = links.filter(
        ({ person: id, channel, account, at }) =>
          id === person.id &&
          hadIdAt(person, at) &&
          !person.links[channel]?.length &&
          !stated.has(keyOf(channel, account)),
      );
      if (proved.length === 0) return person;
      const own = { ...person.links };
      for (const { channel, account } of proved) own[channel] = [...(own[channel] ?? []), account];
      return { ...person, links: own };
    });
    return { data: { ...data, people } };
  }
}

/** Accounts that the file or the identity provider states, and nobody here can change. */
function statedAccounts(directory: Directory, registry: Registry, person: string, channel: Channel): string[] {
  const accounts = directory.data.people.find(({ id }) => id === person)?.links[channel] ?? [];
  return accounts.filter((account) => registry.get<KeptLink>(LINK, keyOf(channel, account))?.state.person !== person);
}

function fromDirectory(channel: Channel): StatusError {
  return new StatusError('FAILED_PRECONDITION', `your ${channel} account comes from the directory: change it there`, {
    reason: 'FROM_DIRECTORY',
  });
}

function keyOf(channel: Channel, account: string): string {
  return `${channel}:${account}`;
}
