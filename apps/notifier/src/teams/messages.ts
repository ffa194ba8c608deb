import { setTimeout as sleep } from 'node:timers/promises';
import { renderCard } from '@countersign/approval';
import type { Deliveries, Requests } from '@countersign/store';
import { z } from 'zod';
import type { Click, Clicks, Said, Target } from '../clicks.js';
import { COUNT_INPUT, LABELS, MINUTES_INPUT, NO_LEAVE, readLeave } from '../leave.js';
import type { Sheets } from '../sheets.js';
import { APPROVE, DENY, REASON_INPUT, REASON_MAX, renderAdaptiveCard, SESSION } from './render.js';
import type { TeamsLinking } from './linking.js';
import type { Verified } from './verify.js';

/** Clients send numbers as numbers or as texts. */
const Typed = z.union([z.string().max(20), z.number()]).optional();
const Invoke = z.object({
  name: z.literal('adaptiveCard/action'),
  replyToId: z.string().min(1).max(512),
  from: z.object({ aadObjectId: z.string().min(1).max(128) }),
  value: z.object({
    action: z.object({
      verb: z.enum([APPROVE, DENY, SESSION]),
      data: z.object({
        countersign: z.string().max(2000),
        [REASON_INPUT]: z.string().optional(),
        [COUNT_INPUT]: Typed,
        [MINUTES_INPUT]: Typed,
      }),
    }),
  }),
});

/** Teams waits a few seconds for an answer; a vote that takes longer is counted behind it. */
const ANSWER_MS = 2_500;
/** How long to wait for the vote to come back as an event, so that the answer already shows it. */
const ECHO_MS = 1_000;

/** The answer to an invoke: a card, or a note, for the one person who clicked. */
export interface InvokeAnswer {
  statusCode: number;
  type: string;
  value: unknown;
}

/** Verified activities: where conversations are, and whose click it is. */
export class TeamsMessages {
  constructor(
    private readonly parts: {
      clicks: Clicks;
      requests: Requests;
      deliveries: Deliveries;
      sheets: Sheets;
      linking?: TeamsLinking;
    },
  ) {}

  /** Undefined: nothing to answer here. A message to the bot is answered by one; changes of membership are left alone. */
  async handle(verified: Verified): Promise<InvokeAnswer | undefined> {
    const { activity, tenant, serviceUrl } = verified;
    // Channels add the thread to the id of the conversation.
    const address = activity.conversation.id.split(';')[0]!;
    await this.parts.deliveries.learn('teams', address, serviceUrl);
    if (activity.type === 'message' && this.parts.linking)
      await this.parts.clicks.within(ANSWER_MS, this.parts.linking.hear(verified));
    if (activity.type !== 'invoke') return undefined;
    const parsed = Invoke.safeParse(activity);
    if (!parsed.success) return problem('This button is not known here.');
    const { from, replyToId, value } = parsed.data;
    const { verb, data } = value.action;
    const click: Click = {
      channel: 'teams',
      account: `${tenant}/${from.aadObjectId}`,
      address,
      ref: { activity: replyToId },
      value: data.countersign,
    };
    const reason = data[REASON_INPUT]?.trim() ?? '';
    // What a client was told to require is not proof that it did.
    if (verb === DENY && reason === '') return note('Please give a reason.');
    if (reason.length > REASON_MAX) return note(`A reason has at most ${REASON_MAX} characters.`);
    const target = await this.parts.clicks.locate(click);
    if ('refused' in target) return note(target.refused);
    const said: Said = { vote: verb === DENY ? 'deny' : 'approve', ...(reason ? { reason } : {}) };
    if (verb === SESSION) {
      const { session } = renderCard(target.decision);
      if (!session) return note(NO_LEAVE);
      const read = readLeave(session, { count: data[COUNT_INPUT], minutes: data[MINUTES_INPUT] });
      if ('problems' in read) {
        const { count, minutes } = read.problems;
        return note(count ? `${LABELS.count}: ${count}` : `${LABELS.minutes}: ${minutes}`);
      }
      said.session = read.leave;
    }
    const answer = await this.parts.clicks.within(ANSWER_MS, this.parts.clicks.cast(click, target, said));
    if (!answer) return note('Your vote is being recorded. This message changes once it counts.');
    if ('refused' in answer) return note(answer.refused);
    return this.recorded(target, address);
  }

  /** The card as it is after the vote. Everybody else's is updated by its delivery. */
  private async recorded(target: Target, address: string): Promise<InvokeAnswer> {
    const deadline = Date.now() + ECHO_MS;
    let { decision } = target;
    while (decision.version <= target.decision.version && Date.now() < deadline) {
      await sleep(50);
      decision = (await this.parts.requests.find(decision.id)) ?? decision;
    }
    const sheet = await this.parts.sheets.again(decision, { channel: 'teams', address });
    return {
      statusCode: 200,
      type: 'application/vnd.microsoft.card.adaptive',
      value: renderAdaptiveCard(sheet, 'Your vote is recorded.'),
    };
  }
}

/** Teams shows it to the person who clicked alone, and may read it as Markdown: a link in it is broken up. */
function note(text: string): InvokeAnswer {
  return { statusCode: 200, type: 'application/vnd.microsoft.activity.message', value: text.replaceAll('](', '] (') };
}

function problem(message: string): InvokeAnswer {
  return { statusCode: 400, type: 'application/vnd.microsoft.error', value: { code: 'BadRequest', message } };
}
