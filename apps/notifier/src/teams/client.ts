import type { Reminder } from '@countersign/approval';
import type { Deliveries, MessageRef } from '@countersign/store';
import { z } from 'zod';
import type { TeamsConfig } from '../config.js';
import { SurfaceFault, wasNeverSent, type Sheet, type Surface } from '../surface.js';
import { renderActivity, renderNote } from './render.js';
import { renderReminder } from './reminder.js';
import { defaultServiceUrl, trustedServiceUrl } from './service-url.js';
import { BotToken } from './token.js';

const Posted = z.object({ id: z.string().min(1) });

/** The ids of channels, which are the conversations that have threads. */
const CHANNEL = /@thread\.(tacv2|skype)$/;

/** The Bot Connector, one try per call. Each conversation is reached where Teams last said it is. */
export class TeamsClient implements Surface {
  readonly channel = 'teams';
  private readonly token: BotToken;

  constructor(
    private readonly config: TeamsConfig,
    private readonly conversations: Pick<Deliveries, 'serviceUrl'>,
    private readonly timeoutMs = 10_000,
  ) {
    this.token = new BotToken({ ...config, timeoutMs });
  }

  async post(address: string, sheet: Sheet): Promise<MessageRef> {
    return posted(await this.call('POST', address, undefined, renderActivity(sheet)));
  }

  async remind(address: string, ref: MessageRef, reminder: Reminder): Promise<MessageRef> {
    const [activity, below] = [renderReminder(reminder), ref['activity'] ?? ''];
    // A channel keeps its threads as conversations; elsewhere there are none, and an answer names what it answers.
    if (CHANNEL.test(address)) return posted(await this.call('POST', address, undefined, activity, below));
    return posted(await this.call('POST', address, below, { ...activity, replyToId: below }));
  }

  /** In the conversation of the bot with one member of a tenant. Making it again answers the one there is. */
  async direct(account: string, text: string, link?: string): Promise<void> {
    const conversation = await this.open(account).catch((error: unknown) => {
      // Nothing has been said yet, so it may be tried again.
      const unheard = error instanceof SurfaceFault && error.code === 'outcome-unknown';
      throw unheard ? new SurfaceFault('unavailable', error.message, { cause: error }) : error;
    });
    await posted(await this.call('POST', conversation, undefined, renderNote(text, link)));
  }

  private async open(account: string): Promise<string> {
    const [tenant = '', member = ''] = account.split('/');
    const wanted = {
      bot: { id: `28:${this.config.appId}` },
      isGroup: false,
      members: [{ id: member }],
      tenantId: tenant,
      channelData: { tenant: { id: tenant } },
    };
    const url = `${defaultServiceUrl(this.config.serviceHosts)}/v3/conversations`;
    return (await posted(await this.send('POST', url, wanted)))['activity']!;
  }

  async update(address: string, ref: MessageRef, sheet: Sheet): Promise<void> {
    const id = ref['activity'] ?? '';
    const response = await this.call('PUT', address, id, { ...renderActivity(sheet), id });
    await response.body?.cancel();
  }

  private async call(
    method: 'POST' | 'PUT',
    address: string,
    id: string | undefined,
    activity: object,
    thread?: string,
  ): Promise<Response> {
    const conversation = encodeURIComponent(thread ? `${address};messageid=${thread}` : address);
    const url = `${await this.base(address)}/v3/conversations/${conversation}/activities${id ? `/${encodeURIComponent(id)}` : ''}`;
    return this.send(method, url, activity);
  }

  private async send(method: 'POST' | 'PUT', url: string, body: object): Promise<Response> {
    const authorization = `Bearer ${await this.token.get()}`;
    let response: Response;
    try {
      response = await fetch(url, {
        method,
        headers: { authorization, 'content-type': 'application/json' },
        body: JSON.stringify(body),
        // A redirect would carry the token to wherever it points.
        redirect: 'error',
        signal: AbortSignal.timeout(this.timeoutMs),
      });
    } catch (cause) {
      if (wasNeverSent(cause)) throw new SurfaceFault('unavailable', 'teams cannot be reached', { cause });
      throw new SurfaceFault('outcome-unknown', 'teams did not answer', { cause });
    }
    if (response.ok) return response;
    await response.body?.cancel();
    throw this.toFault(response);
  }

  /** Checked again at every call: a host may have been taken off the list since it was learnt. */
  private async base(address: string): Promise<string> {
    const hosts = this.config.serviceHosts;
    const learnt = await this.conversations.serviceUrl(this.channel, address);
    return (learnt && trustedServiceUrl(learnt, hosts)) ?? defaultServiceUrl(hosts);
  }

  private toFault({ status, headers }: Response): SurfaceFault {
    const text = `teams answered HTTP ${status}`;
    if (status === 429) {
      const seconds = Number(headers.get('retry-after'));
      return new SurfaceFault('rate-limited', text, seconds > 0 ? { retryAfterMs: seconds * 1000 } : {});
    }
    if (status === 401) this.token.drop();
    if (status === 401 || status === 412) return new SurfaceFault('unavailable', text);
    return new SurfaceFault(status >= 500 ? 'outcome-unknown' : 'rejected', text);
  }
}

async function posted(response: Response): Promise<MessageRef> {
  const answer = Posted.safeParse(await response.json().catch(() => undefined));
  if (!answer.success) throw new SurfaceFault('outcome-unknown', 'teams answered a post without an id');
  return { activity: answer.data.id };
}
