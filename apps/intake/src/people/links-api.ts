import { create } from '@bufbuild/protobuf';
import {
  AccountLinkSchema,
  invalidArgument,
  StatusError,
  type ChatAccount,
  type PeopleService,
} from '@countersign/contract';
import { requireRole, type Caller, type Directory } from '@countersign/directory';
import type { Handlers } from '@countersign/service';
import { at } from '../reply.js';
import { Violations } from '../violations.js';
import type { Channel, KeptLink, Links } from './links.js';
import { NO_CREDENTIALS, personNow, requirePerson, requireService } from './who.js';

type LinkHandlers = Pick<
  Handlers<typeof PeopleService, Caller>,
  'StartLink' | 'PresentLinkCode' | 'GetLink' | 'ConfirmLink' | 'ListLinks' | 'RemoveLink'
>;

/** The part of PeopleService that is about chat accounts. */
export function linkHandlers(links: Links, directory: () => Directory): LinkHandlers {
  const now = (caller: Caller) => personNow(requirePerson(caller, NO_CREDENTIALS), directory());
  return {
    StartLink: async ({ channel }, { caller }) => {
      const { expires_at, ...told } = await links.start(channelIn(channel), now(caller));
      return { ...told, expiresAt: at(expires_at) };
    },
    PresentLinkCode: async ({ code, person, chatAccount, accountName, workspace }, { caller }) => {
      requireService(caller);
      const { channel, account } = accountIn(chatAccount);
      const found = new Violations();
      found.text('code', code, 64);
      found.text('person', person, 256);
      found.text('account_name', accountName, 256);
      found.text('workspace', workspace, 256);
      found.settle();
      const who = { account, account_name: accountName, workspace };
      return { text: await links.present(code, person, channel, who) };
    },
    GetLink: async ({ id }, { caller }) => {
      const { presented, channel, expires_at } = await links.look(id, now(caller));
      if (!presented) return { presented: false, expiresAt: at(expires_at) };
      const { account, account_name, workspace } = presented;
      return {
        presented: true,
        chatAccount: { channel, account },
        accountName: account_name,
        workspace,
        expiresAt: at(expires_at),
      };
    },
    ConfirmLink: async ({ id, account }, { caller, traceId }) => {
      const { link, everywhere } = await links.confirm(id, account, now(caller), traceId);
      return { link: linkMessage(link), inEffectEverywhere: everywhere };
    },
    ListLinks: ({ person }, { caller }) => {
      const { id } = requirePerson(caller, NO_CREDENTIALS);
      if (person !== '' && person !== id) requireRole(caller, 'operate');
      return { links: links.list(person || id).map(linkMessage) };
    },
    RemoveLink: async ({ channel, account }, { caller, traceId }) => {
      const { link, everywhere } = await links.remove(channelIn(channel), account, now(caller), traceId);
      return { link: linkMessage(link), inEffectEverywhere: everywhere };
    },
  };
}

function linkMessage(link: KeptLink | { person: string; channel: Channel; account: string }) {
  const { person, channel, account } = link;
  if (!('at' in link)) return create(AccountLinkSchema, { person, channel, account, fromDirectory: true });
  const { account_name: accountName, workspace } = link;
  return create(AccountLinkSchema, { person, channel, account, accountName, workspace, linkedAt: at(link.at) });
}

function channelIn(channel: string): Channel {
  if (channel === 'slack' || channel === 'teams') return channel;
  throw invalidArgument({ field: 'channel', description: 'is slack or teams' });
}

function accountIn(account: ChatAccount | undefined): { channel: Channel; account: string } {
  // Two parts: a user without a team could be anybody's.
  if (!account || !/^[^/\s]{1,128}\/[^/\s]{1,128}$/.test(account.account))
    throw new StatusError('INVALID_ARGUMENT', 'chat_account: write the team or tenant, a slash, and the user', {
      reason: 'INVALID_REQUEST',
      violations: [{ field: 'chat_account', description: 'is a team or tenant, a slash, and a user' }],
    });
  return { channel: channelIn(account.channel), account: account.account };
}
