import { renderCard } from '@countersign/approval';
import { z } from 'zod';
import type { Click, Clicks, Said, Target } from '../clicks.js';
import { COUNT_INPUT, MINUTES_INPUT, NO_LEAVE, readLeave } from '../leave.js';
import type { SlackClient } from './client.js';
import {
  APPROVE,
  COUNT_BLOCK,
  DENY,
  LEAVE_BLOCKS,
  MINUTES_BLOCK,
  OPEN,
  REASON_BLOCK,
  REASON_INPUT,
  REASON_MAX,
  renderLeave,
  renderReason,
  SESSION,
} from './render.js';

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
  actions: z.tuple([z.object({ action_id: z.enum([APPROVE, DENY, SESSION]), value: z.string().max(2000) })]),
});
/** A button that led somewhere: Slack tells, and there is nothing to do. */
const Opening = z.object({ actions: z.tuple([z.object({ action_id: z.literal(OPEN) })]) });
const Field = z.object({ value: z.string().nullish() });
const ViewSubmission = z.object({
  view: z.object({
    callback_id: z.enum([APPROVE, DENY, SESSION]),
    private_metadata: z.string().max(3000),
    state: z.object({
      values: z.object({
        [REASON_BLOCK]: z.object({ [REASON_INPUT]: Field }),
        [COUNT_BLOCK]: z.object({ [COUNT_INPUT]: Field }).optional(),
        [MINUTES_BLOCK]: z.object({ [MINUTES_INPUT]: Field }).optional(),
      }),
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
      if (action_id !== SESSION)
        return this.parts.client.openModal(
          trigger_id,
          renderReason(card, action_id === DENY ? 'deny' : 'approve', opened),
        );
      if (!card.session) return this.tell(click, person, NO_LEAVE);
      await this.parts.client.openModal(trigger_id, renderLeave(card, card.session, opened));
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
    const click = clickOn(opened.data, person);
    const target = await this.parts.clicks.locate(click);
    const card = 'refused' in target ? undefined : renderCard(target.decision);
    // Where a reason may be left out, only a modal for leave lets it be.
    const required = callback_id !== SESSION || card?.reason_required;
    if ((reason === '' && required) || reason.length > REASON_MAX)
      return wrong({ [REASON_BLOCK]: reason === '' ? 'Please give a reason.' : `At most ${REASON_MAX} characters.` });
    const said: Said = { vote: callback_id === DENY ? 'deny' : 'approve', ...(reason ? { reason } : {}) };
    if (callback_id === SESSION && card?.session) {
      const { [COUNT_BLOCK]: count, [MINUTES_BLOCK]: minutes } = state.values;
      const typed = { count: count?.[COUNT_INPUT].value, minutes: minutes?.[MINUTES_INPUT].value };
      const read = readLeave(card.session, typed);
      if ('problems' in read)
        return wrong(
          Object.fromEntries(
            Object.entries(read.problems).map(([name, text]) => [LEAVE_BLOCKS[name as keyof typeof typed], text]),
          ),
        );
      said.session = read.leave;
    } else if (callback_id === SESSION && card) {
      await this.parts.clicks.within(ACK_MS, this.tell(click, person, NO_LEAVE));
      return { status: 200 };
    }
    const work =
      'refused' in target ? this.tell(click, person, target.refused) : this.vote(click, person, target, said);
    await this.parts.clicks.within(ACK_MS, work);
    return { status: 200 };
  }

  private async vote(click: Click, person: Person, target: Target, said: Said): Promise<void> {
    const answer = await this.parts.clicks.cast(click, target, said);
    if ('refused' in answer) await this.tell(click, person, answer.refused);
  }

  private tell(click: Click, person: Person, note: string): Promise<void> {
    return this.parts.client.tell(click.address, person.id, note);
  }
}

/** What is wrong, beside the fields in the modal, which stays open. */
function wrong(errors: Record<string, string>): Reply {
  return { status: 200, body: { response_action: 'errors', errors } };
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
