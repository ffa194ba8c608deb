import type { Log } from '@countersign/service';
import { z } from 'zod';
import type { Linking } from '../linking.js';

const Command = z.object({
  api_app_id: z.string().optional(),
  user_id: z.string().regex(/^[UW][A-Z0-9]{1,40}$/),
  user_name: z.string().max(200).default(''),
  team_id: z.string().regex(/^[TE][A-Z0-9]{1,40}$/),
  team_domain: z.string().max(200).default(''),
  enterprise_id: z.string().optional(),
  enterprise_name: z.string().max(200).optional(),
  text: z.string().max(1_000).default(''),
});

const USAGE = 'Write /countersign link, the code, and your id, as it is shown where you are signed in.';

/** The slash command: a person links their own account. Only whoever wrote it sees the answer. */
export class SlackCommands {
  constructor(
    private readonly parts: { linking: Linking; log: Log },
    private readonly appId: string | undefined,
  ) {}

  /** `form` is the body of a request whose signature has been verified. */
  async handle(form: URLSearchParams): Promise<{ status: number; body?: object }> {
    const parsed = Command.safeParse(Object.fromEntries(form));
    if (!parsed.success) return { status: 400 };
    const { api_app_id, user_id, user_name, team_id, team_domain, enterprise_id, enterprise_name, text } = parsed.data;
    if (this.appId && api_app_id !== this.appId) return { status: 403 };
    const words = /^\s*link\s+(\S{1,64})\s+(\S{1,256})\s*$/.exec(text);
    if (!words) return said(USAGE);
    const account = { channel: 'slack' as const, account: `${enterprise_id || team_id}/${user_id}` };
    const workspace = (enterprise_id ? enterprise_name : undefined) ?? team_domain;
    try {
      const [, code, person] = words;
      const answer = await this.parts.linking.present({
        code: code!,
        // Slack writes an address as a link to it.
        person: /^<mailto:[^|>]+\|([^>]+)>$/.exec(person!)?.[1] ?? person!,
        account,
        account_name: user_name,
        workspace,
      });
      return said(answer);
    } catch (error) {
      this.parts.log.warn({ cause: (error as Error).message }, 'a code could not be brought to intake');
      return said('This could not be looked up just now. Write it again in a moment.');
    }
  }
}

function said(text: string): { status: number; body: object } {
  // No markup: the text may hold a name that somebody chose.
  return {
    status: 200,
    body: { response_type: 'ephemeral', blocks: [{ type: 'section', text: { type: 'plain_text', text } }], text },
  };
}
