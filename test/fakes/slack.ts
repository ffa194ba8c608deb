import { createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { actionsOf, checkBlocks, checkModal, readBlocks } from './block-kit.js';
import { FakeServer, type Answered } from './http.js';

type Json = { [key: string]: unknown };

export interface SlackMessage {
  channel: string;
  ts: string;
  text: string;
  blocks: Json[];
  updates: number;
  /** The message it is below, in its thread. */
  thread?: string;
  /** Set on a note that only this person sees. */
  onlyFor?: string;
}

export interface SlackPerson {
  id: string;
  team: string;
}

/** Slack at its HTTP edge: its methods, its limits, its faults, and people who click with a real signature. */
export class FakeSlack extends FakeServer {
  readonly token = 'xoxb-fake-token';
  readonly signingSecret = 'fake-signing-secret';
  readonly appId = 'A0COUNTERSIGN';
  readonly messages: SlackMessage[] = [];
  readonly notes: SlackMessage[] = [];
  readonly modals: { triggerId: string; view: Json }[] = [];
  /** Every call that took effect, in order. */
  readonly calls: string[] = [];
  private clock = 1_763_700_000;
  private triggers = new Set<string>();

  get apiUrl(): string {
    return `${this.origin}/api/`;
  }

  /** What everybody sees in a conversation. */
  read(channel: string): string[] {
    return this.messages
      .filter((message) => message.channel === channel && !message.thread)
      .map(({ blocks }) => readBlocks(blocks));
  }

  /** What is below a message, for whoever opens its thread or is named in it. */
  readThread({ channel, ts }: SlackMessage): string[] {
    return this.messages
      .filter((message) => message.channel === channel && message.thread === ts)
      .map(({ blocks }) => readBlocks(blocks));
  }

  buttons(message: SlackMessage): string[] {
    return actionsOf(message.blocks).map((button) => String((button['text'] as Json)['text']));
  }

  /** Clicks a button of a message, as Slack reports it to the app. */
  click(url: string, message: SlackMessage, button: string, person: SlackPerson, change: Json = {}): Promise<Response> {
    const action = actionsOf(message.blocks).find((one) => String((one['text'] as Json)['text']).startsWith(button));
    if (!action) throw new Error(`there is no button ${button}`);
    const trigger_id = `trigger.${this.triggers.size}`;
    this.triggers.add(trigger_id);
    return this.send(url, {
      type: 'block_actions',
      ...this.who(person),
      trigger_id,
      container: { type: 'message', message_ts: message.ts, channel_id: message.channel },
      channel: { id: message.channel },
      message,
      response_url: 'https://hooks.slack.com/actions/never-called',
      actions: [
        { type: 'button', action_id: action['action_id'], block_id: 'countersign.vote', value: action['value'] },
      ],
      ...change,
    });
  }

  /** Submits the modal that was opened last, with the numbers that were typed into its fields of that name. */
  submit(url: string, reason: string | null, person: SlackPerson, numbers: Json = {}): Promise<Response> {
    const { view } = this.modals.at(-1)!;
    const inputs = (view['blocks'] as Json[]).filter(({ type }) => type === 'input');
    const values = Object.fromEntries(
      inputs.map(({ block_id, element }) => {
        const { type, action_id } = element as { type: string; action_id: string };
        return [block_id, { [action_id]: { type, value: type === 'number_input' ? numbers[action_id] : reason } }];
      }),
    );
    return this.send(url, { type: 'view_submission', ...this.who(person), view: { ...view, state: { values } } });
  }

  /** Posts a payload with a valid signature. */
  send(url: string, payload: Json): Promise<Response> {
    return this.sendRaw(url, new URLSearchParams({ payload: JSON.stringify(payload) }).toString());
  }

  sendRaw(url: string, body: string, timestamp = Math.floor(Date.now() / 1000)): Promise<Response> {
    const signature = `v0=${createHmac('sha256', this.signingSecret).update(`v0:${timestamp}:${body}`).digest('hex')}`;
    return fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'x-slack-request-timestamp': String(timestamp),
        'x-slack-signature': signature,
      },
      body,
    });
  }

  private who({ id, team }: SlackPerson): Json {
    return {
      api_app_id: this.appId,
      user: { id, team_id: team, username: 'whoever' },
      team: { id: team, domain: 'acme' },
      enterprise: null,
    };
  }

  protected answer(request: IncomingMessage, body: Buffer): Answered {
    const method = (request.url ?? '').replace(/^\/api\//, '');
    const fault = this.nextFault(method);
    if (fault && 'status' in fault) {
      return {
        status: fault.status,
        headers: fault.retryAfterS ? { 'retry-after': String(fault.retryAfterS) } : {},
        body: fault.body,
      };
    }
    if (fault && !fault.effect) return 'silence';
    if (request.headers.authorization !== `Bearer ${this.token}`) return ok({ ok: false, error: 'invalid_auth' });
    const answered = this.perform(method, fieldsOf(body));
    return fault ? 'silence' : ok(answered);
  }

  private perform(method: string, fields: Json): Json {
    try {
      const done = this.operate(method, fields);
      this.calls.push(method);
      return { ok: true, ...done };
    } catch (error) {
      return { ok: false, error: (error as Error).message };
    }
  }

  private operate(method: string, fields: Json): Json {
    switch (method) {
      case 'chat.postMessage': {
        const message = this.message(fields);
        this.messages.push(message);
        return { channel: message.channel, ts: message.ts };
      }
      case 'chat.postEphemeral': {
        this.notes.push({ ...this.message(fields), onlyFor: String(fields['user']) });
        return { message_ts: this.notes.at(-1)!.ts };
      }
      case 'chat.update': {
        const message = this.messages.find(({ channel, ts }) => channel === fields['channel'] && ts === fields['ts']);
        if (!message) throw new Error('message_not_found');
        checkBlocks(fields['blocks'], 'message');
        Object.assign(message, { text: fields['text'], blocks: fields['blocks'], updates: message.updates + 1 });
        return { channel: message.channel, ts: message.ts };
      }
      case 'views.open': {
        const triggerId = String(fields['trigger_id']);
        if (!this.triggers.delete(triggerId)) throw new Error('invalid_trigger_id');
        checkModal(fields['view'] as Json);
        this.modals.push({ triggerId, view: fields['view'] as Json });
        return {};
      }
      default:
        throw new Error('unknown_method');
    }
  }

  private message(fields: Json): SlackMessage {
    const channel = String(fields['channel']);
    if (!/^[CDGU][A-Z0-9]+$/.test(channel)) throw new Error('channel_not_found');
    const thread = fields['thread_ts'] === undefined ? undefined : String(fields['thread_ts']);
    if (thread && !this.messages.some((one) => one.channel === channel && one.ts === thread && !one.thread))
      throw new Error('cannot_reply_to_message');
    checkBlocks(fields['blocks'], thread ? 'reply' : 'message');
    if (String(fields['text']).length > 4000) throw new Error('msg_too_long');
    return {
      ...(thread ? { thread } : {}),
      channel,
      ts: `${++this.clock}.000100`,
      text: String(fields['text']),
      blocks: fields['blocks'],
      updates: 0,
    };
  }
}

function ok(body: Json): Answered {
  return { status: 200, body };
}

/** Slack's form encoding: objects are JSON inside fields. */
function fieldsOf(body: Buffer): Json {
  const fields: Json = {};
  for (const [name, value] of new URLSearchParams(body.toString('utf8'))) {
    fields[name] = /^[[{]/.test(value) ? (JSON.parse(value) as unknown) : value;
  }
  return fields;
}
