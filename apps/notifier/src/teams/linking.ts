import type { Log } from '@countersign/service';
import { z } from 'zod';
import type { Linking } from '../linking.js';
import type { TeamsClient } from './client.js';
import type { Verified } from './verify.js';

const Written = z.object({
  text: z.string().max(1_000),
  from: z.object({ aadObjectId: z.string().min(1).max(128), name: z.string().max(200).default('') }),
  conversation: z.object({ conversationType: z.literal('personal') }),
});

const USAGE = 'To link this account, write: link, the code, and your id, as it is shown where you are signed in.';
const LATER = 'This could not be looked up just now. Write it again in a moment.';

/** What a person writes to the bot alone: the code that links their own account. In a channel, others would read it. */
export class TeamsLinking {
  constructor(private readonly parts: { linking: Linking; client: Pick<TeamsClient, 'direct'>; log: Log }) {}

  /** Answers in the conversation of the bot with whoever wrote. Never throws: an answer that is lost is asked for again. */
  async hear({ activity, tenant }: Verified): Promise<void> {
    const parsed = Written.safeParse(activity);
    if (!parsed.success) return;
    const { text, from } = parsed.data;
    const account = `${tenant}/${from.aadObjectId}`;
    try {
      await this.parts.client.direct(account, await this.answer(text, account, from.name, tenant));
    } catch (error) {
      this.parts.log.warn({ cause: (error as Error).message }, 'a message to the bot was not answered');
    }
  }

  private async answer(text: string, account: string, account_name: string, workspace: string): Promise<string> {
    const [, code, person] = /^\s*link\s+(\S{1,64})\s+(\S{1,256})\s*$/i.exec(text) ?? [];
    if (!code || !person) return USAGE;
    try {
      return await this.parts.linking.present({
        code,
        // Teams writes an address as a link to it.
        person: /^\[([^\]]+)\]\(mailto:[^)]+\)$/.exec(person)?.[1] ?? person,
        account: { channel: 'teams', account },
        account_name,
        workspace,
      });
    } catch (error) {
      this.parts.log.warn({ cause: (error as Error).message }, 'a code could not be brought to intake');
      return LATER;
    }
  }
}
