import { renderCard } from '@countersign/approval';
import { z } from 'zod';
import type { Click, Clicks, Target } from '../clicks.js';
import type { SlackClient } from './client.js';
import { APPROVE, DENY, OPEN, REASON_BLOCK, REASON_INPUT, REASON_MAX, renderReason } from './render.js';

/** What is answered to Slack itself; the body is for modals. */
export interface Reply {
  status: number;
  body?: object;
}

const Payload = z.object({
  type: z.string(),
  api_app_id: z.string().optional(),
  user: z.object({ id: z.string().regex(/^[UW][A-Z0-9]{1,40}$/), team_id: z.string().optional() }),
  team: z.object({ id: z.string() }).nullish(),
  enterprise: z.object({ id: z.string() }).nullish(),
});
const BlockActions = z.object({
  trigger_id: z.string(),
  container: z.object({ channel_id: z.string(), message_ts: z.string() }),
  actions: z.tuple([z.object({ action_id: z.enum([APPROVE, DENY]), value: z.string().max(2000) })]),
});
/** A button that led somewhere: Slack tells, and there is nothing to do. */
const Opening = z.object({ actions: z.tuple([z.object({ action_id: z.literal(OPEN) })]) });
const ViewSubmission = z.object({
  view: z.object({
    callback_id: z.enum([APPROVE, DENY]),
    private_metadata: z.string().max(3000),
    state: z.object({
      values: z.object({ [REASON_BLOCK]: z.object({ [REASON_INPUT]: z.object({ value: z.string().nullish() }) }) }),
    }),
  }),
});
const Opened = z.object({ value: z.string(), address: z.string(), ts: z.string() });

/** Slack waits 3 s. Most votes are counted within this; the others are counted behind the answer. */
const ACK_MS = 2_500;

/** Signed interactions: which button, whose click, and back to that person alone if it did not count. */
export class SlackInteractions {
  constructor(
    private readonly parts: { client: SlackClient; clicks: Clicks },
    private readonly appId: string | undefined,
  ) {}

  /** `payload` is the form field of a request whose signature has been verified. */
  async handle(payload: unknown): Promise<Reply> {
    const json = parseJson(payload);
    const common = Payload.safeParse(json);
    if (!common.success) return { status: 400 };
    // Another app's payload can be signed with our secret only by mistake of the operator, and must not count.
    if (this.appId && common.data.api_app_id !== this.appId) return { status: 403 };
    const person = { id: common.data.user.id, account: accountOf(common.data) };
    if (common.data.type === 'block_actions') return this.onClick(json, person);
    if (common.data.type === 'view_submission') return this.onReason(json, person);
    return { status: 200 };
  }

  private async onClick(json: unknown, person: Person): Promise<Reply> {
    if (Opening.safeParse(json).success) return { status: 200 };
    const parsed = BlockActions.safeParse(json);
    if (!parsed.success) return { status: 400 };
    const { actions, container, trigger_id } = parsed.data;
    const [{ action_id, value }] = actions;
    const click = clickOn({ value, address: container.channel_id, ts: container.message_ts }, person);
    const target = await this.parts.clicks.locate(click);
    const work = (async () => {
      if ('refused' in target) return this.tell(click, person, target.refused);
      const card = renderCard(target.decision);
      if (action_id === APPROVE && !card.reason_required) return this.vote(click, person, target, { vote: 'approve' });
      // A trigger lives for three seconds, so the modal comes before anything else.
      const opened = { value, address: click.address, ts: container.message_ts };
      await this.parts.client.openModal(
        trigger_id,
        renderReason(card, action_id === DENY ? 'deny' : 'approve', opened),
      );
    })();
    await this.parts.clicks.within(ACK_MS, work);
    return { status: 200 };
  }

  private async onReason(json: unknown, person: Person): Promise<Reply> {
    const parsed = ViewSubmission.safeParse(json);
    if (!parsed.success) return { status: 400 };
    const { callback_id, private_metadata, state } = parsed.data.view;
    const opened = Opened.safeParse(parseJson(private_metadata));
    if (!opened.success) return { status: 400 };
    const reason = (state.values[REASON_BLOCK][REASON_INPUT].value ?? '').trim();
    if (reason === '' || reason.length > REASON_MAX) {
      const problem = reason === '' ? 'Please give a reason.' : `At most ${REASON_MAX} characters.`;
      return { status: 200, body: { response_action: 'errors', errors: { [REASON_BLOCK]: problem } } };
    }
    const click = clickOn(opened.data, person);
    const target = await this.parts.clicks.locate(click);
    const vote = { vote: callback_id === DENY ? ('deny' as const) : ('approve' as const), reason };
    const work =
      'refused' in target ? this.tell(click, person, target.refused) : this.vote(click, person, target, vote);
    await this.parts.clicks.within(ACK_MS, work);
    return { status: 200 };
  }

  private async vote(
    click: Click,
    person: Person,
    target: Target,
    vote: { vote: 'approve' | 'deny'; reason?: string },
  ): Promise<void> {
    const answer = await this.parts.clicks.cast(click, target, vote);
    if ('refused' in answer) await this.tell(click, person, answer.refused);
  }

  private tell(click: Click, person: Person, note: string): Promise<void> {
    return this.parts.client.tell(click.address, person.id, note);
  }
}

interface Person {
  id: string;
  account: string;
}

/**
 * The account as the directory links it. The person's own team, not the one the message is in: somebody from a connected
 * workspace stays a foreigner.
 */
function accountOf({ user, team, enterprise }: z.infer<typeof Payload>): string {
  return `${enterprise?.id ?? user.team_id ?? team?.id ?? ''}/${user.id}`;
}

function clickOn(opened: z.infer<typeof Opened>, person: Person): Click {
  return {
    channel: 'slack',
    account: person.account,
    address: opened.address,
    ref: { ts: opened.ts },
    value: opened.value,
  };
}

function parseJson(text: unknown): unknown {
  if (typeof text !== 'string') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
