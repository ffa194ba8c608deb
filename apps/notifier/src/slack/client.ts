import type { Reminder } from '@countersign/approval';
import type { MessageRef } from '@countersign/store';
import {
  LogLevel,
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebClient,
  type Logger,
  type View,
} from '@slack/web-api';
import { SurfaceFault, wasNeverSent, type Sheet, type Surface } from '../surface.js';
import { renderReminder } from './reminder.js';
import { renderMessage, renderNote, type Message } from './render.js';

export interface SlackClientOptions {
  token: string;
  apiUrl?: string;
  timeoutMs?: number;
}

/** The channel is not ours to write to, or the message is gone: trying again changes nothing. */
const REJECTED = new Set([
  'account_inactive',
  'cannot_reply_to_message',
  'cant_update_message',
  'channel_is_archived',
  'channel_not_found',
  'edit_window_closed',
  'invalid_blocks',
  'is_archived',
  'message_not_found',
  'msg_too_long',
  'not_in_channel',
  'restricted_action',
  'token_revoked',
]);

/** Slack says of these that part of the work may have been done. */
const UNKNOWN = new Set(['fatal_error', 'internal_error', 'request_timeout', 'service_unavailable']);

/** Slack's Web API with one try per call: when and whether to try again is the worker's to say. */
export class SlackClient implements Surface {
  readonly channel = 'slack';
  private readonly web: WebClient;

  constructor({ token, apiUrl, timeoutMs = 10_000 }: SlackClientOptions) {
    this.web = new WebClient(token, {
      ...(apiUrl ? { slackApiUrl: apiUrl.endsWith('/') ? apiUrl : `${apiUrl}/` } : {}),
      // Retries of a lost answer post twice, and waiting for one busy channel would stall the others.
      retryConfig: { retries: 0 },
      rejectRateLimitedCalls: true,
      timeout: timeoutMs,
      allowAbsoluteUrls: false,
      // The client's own log holds message texts.
      logger: SILENT,
    });
  }

  async post(address: string, sheet: Sheet): Promise<MessageRef> {
    return this.say(address, renderMessage(sheet));
  }

  async update(address: string, ref: MessageRef, sheet: Sheet): Promise<void> {
    const { text, blocks } = renderMessage(sheet);
    await call(() => this.web.chat.update({ channel: address, ts: ref['ts'] ?? '', text, blocks }));
  }

  async remind(address: string, ref: MessageRef, reminder: Reminder): Promise<MessageRef> {
    return this.say(address, renderReminder(reminder), ref['ts'] ?? '');
  }

  async direct(account: string, text: string, link?: string): Promise<void> {
    await this.say(account.slice(account.indexOf('/') + 1), renderNote(text, link));
  }

  /** A note that only one person sees. Somebody who is not in the conversation gets it as a direct message. */
  async tell(address: string, user: string, note: string): Promise<void> {
    const { text, blocks } = renderNote(note);
    try {
      await this.web.chat.postEphemeral({ channel: address, user, text, blocks });
    } catch (error) {
      const outside =
        error instanceof WebAPIPlatformError && ['user_not_in_channel', 'not_in_channel'].includes(error.data.error);
      if (!outside) throw toFault(error);
      await this.say(user, { text, blocks });
    }
  }

  private async say(channel: string, { text, blocks }: Message, thread?: string): Promise<MessageRef> {
    const posted = await call(() =>
      this.web.chat.postMessage({
        channel,
        text,
        blocks,
        mrkdwn: false,
        unfurl_links: false,
        unfurl_media: false,
        ...(thread ? { thread_ts: thread } : {}),
      }),
    );
    if (typeof posted.ts !== 'string')
      throw new SurfaceFault('outcome-unknown', 'slack answered a post without a timestamp');
    return { ts: posted.ts };
  }

  async openModal(triggerId: string, view: View): Promise<void> {
    await call(() => this.web.views.open({ trigger_id: triggerId, view }));
  }
}

async function call<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toFault(error);
  }
}

function toFault(cause: unknown): SurfaceFault {
  if (cause instanceof WebAPIRateLimitedError) {
    return new SurfaceFault('rate-limited', 'slack asks to wait', { cause, retryAfterMs: cause.retryAfter * 1000 });
  }
  if (cause instanceof WebAPIPlatformError) {
    const { error } = cause.data;
    if (error === 'ratelimited')
      return new SurfaceFault('rate-limited', 'slack asks to wait', { cause, retryAfterMs: 30_000 });
    if (UNKNOWN.has(error)) return new SurfaceFault('outcome-unknown', `slack answered ${error}`, { cause });
    // Anything else, a wrong token above all, is for the operator to put right; the request waits for that.
    return new SurfaceFault(REJECTED.has(error) ? 'rejected' : 'unavailable', `slack answered ${error}`, { cause });
  }
  if (cause instanceof WebAPIHTTPError) {
    const code = cause.statusCode >= 500 ? 'outcome-unknown' : 'unavailable';
    return new SurfaceFault(code, `slack answered HTTP ${cause.statusCode}`, { cause });
  }
  if (wasNeverSent(cause)) return new SurfaceFault('unavailable', 'slack cannot be reached', { cause });
  return new SurfaceFault('outcome-unknown', 'slack did not answer', { cause });
}

const nothing = () => undefined;
const SILENT: Logger = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  setLevel: nothing,
  getLevel: () => LogLevel.ERROR,
  setName: nothing,
};
