import type {
  ActionsBlock,
  Button,
  KnownBlock,
  PlainTextElement,
  RichTextBlock,
  RichTextDate,
  RichTextSection,
  RichTextText,
  View,
} from '@slack/web-api';
import { buttonValue } from '../clicks.js';
import { boundsOf, COUNT_INPUT, LABELS, leaveText, MINUTES_INPUT, type Bounds } from '../leave.js';
import { layout, shorten, type Part } from '../layout.js';
import type { Sheet } from '../surface.js';

// A card as Block Kit. Whatever an agent, a user or a policy wrote goes into plain_text and rich_text elements only, which
// Slack shows as they are: mentions, links, markup and emoji codes in them stay letters.

export const APPROVE = 'countersign.approve';
export const DENY = 'countersign.deny';
/** A button that is only a link is reported all the same. */
export const OPEN = 'countersign.open';
/** Approves, and lets more of the same run in the session. */
export const SESSION = 'countersign.session';
export const REASON_BLOCK = 'countersign.reason';
export const REASON_INPUT = 'reason';

/** Slack's limits, from the documentation of each block. */
const LIMITS = { header: 150, confirmText: 300, privateMetadata: 3000, buttonValue: 2000, richText: 3500 } as const;
export const REASON_MAX = 1_000;

export interface Message {
  text: string;
  blocks: KnownBlock[];
}

export function renderMessage(sheet: Sheet): Message {
  const { card } = sheet;
  const { above, payload, below } = layout(card);
  const blocks: KnownBlock[] = [];
  const first: RichTextSection['elements'] = [bold(card.risk)];
  if (card.needs) first.push(text(` · ${card.needs}`));
  if (card.expires_at) first.push(text(' · expires '), localTime(card.expires_at));
  blocks.push(rich([section(...first)]));
  if (card.headline.length <= LIMITS.header) blocks.push({ type: 'header', text: plain(card.headline) });
  else blocks.push(rich([section(bold(card.headline))]));
  blocks.push(...above.map(renderPart));
  blocks.push(rich([{ type: 'rich_text_preformatted', elements: [text(payload)] }]));
  blocks.push(...below.map(renderPart));
  if (card.actions.length > 0 || card.link) blocks.push(buttons(sheet));
  blocks.push({ type: 'context', elements: [plain(`${card.id} · ${card.short_digest}`)] });
  // The fallback is what a lock screen shows, and the one text that Slack reads as markup.
  return { text: escape(card.notice), blocks };
}

function renderPart({ label, lines, strong }: Part): RichTextBlock {
  const words = lines.join('\n');
  return rich([section(...(label ? [bold(label)] : []), strong ? bold(words) : text(words))]);
}

function buttons(sheet: Sheet): ActionsBlock {
  const { card } = sheet;
  const value = within('buttonValue', buttonValue(sheet));
  const elements: ActionsBlock['elements'] = [];
  if (card.actions.includes('approve')) {
    elements.push({
      type: 'button',
      style: 'primary',
      action_id: APPROVE,
      text: plain('Approve'),
      value,
      confirm: {
        title: plain('Approve this?'),
        text: plain(shorten(card.headline, LIMITS.confirmText)),
        confirm: plain('Approve'),
        deny: plain('Cancel'),
      },
    });
  }
  if (card.actions.includes('approve') && card.session) {
    elements.push({ type: 'button', action_id: SESSION, text: plain('Approve for the session…'), value });
  }
  if (card.actions.includes('deny')) {
    elements.push({ type: 'button', style: 'danger', action_id: DENY, text: plain('Deny…'), value });
  }
  if (card.link) elements.push(openButton(card.link));
  return { type: 'actions', block_id: 'countersign.vote', elements };
}

/** What a modal needs to remember, because Slack does not tell where it was opened from. */
export interface Opened {
  value: string;
  address: string;
  ts: string;
}

/** Asks for the reason of a denial, or of an approval that needs one. */
export function renderReason(card: Sheet['card'], vote: 'approve' | 'deny', opened: Opened): View {
  const verb = vote === 'deny' ? 'Deny' : 'Approve';
  return {
    type: 'modal',
    callback_id: vote === 'deny' ? DENY : APPROVE,
    private_metadata: within('privateMetadata', JSON.stringify(opened)),
    title: plain(`${verb} this?`),
    submit: plain(verb),
    close: plain('Cancel'),
    blocks: [rich([section(bold(card.headline))]), reasonInput(vote === 'deny' ? TOLD : RECORDED, true)],
  };
}

const TOLD = 'The agent is told this.';
const RECORDED = 'This goes on the record.';

/** Asks for how many further actions, and for how long. Nothing is filled in: leave is given by whoever means it. */
export function renderLeave(card: Sheet['card'], terms: NonNullable<Sheet['card']['session']>, opened: Opened): View {
  const { count, minutes } = boundsOf(terms);
  return {
    type: 'modal',
    callback_id: SESSION,
    private_metadata: within('privateMetadata', JSON.stringify(opened)),
    title: plain('Approve for session?'),
    submit: plain('Approve'),
    close: plain('Cancel'),
    blocks: [
      rich([section(bold(card.headline))]),
      rich([section(text(leaveText(card)))]),
      numberInput('count', count),
      numberInput('minutes', minutes),
      reasonInput(RECORDED, card.reason_required),
    ],
  };
}

/** Where each number of a leave stands in a modal. */
export const COUNT_BLOCK = 'countersign.count';
export const MINUTES_BLOCK = 'countersign.minutes';
export const LEAVE_BLOCKS: Record<keyof Bounds, string> = { count: COUNT_BLOCK, minutes: MINUTES_BLOCK };

function numberInput(name: keyof Bounds, most: number): KnownBlock {
  return {
    type: 'input',
    block_id: LEAVE_BLOCKS[name],
    label: plain(LABELS[name]),
    hint: plain(`At most ${most}.`),
    element: {
      type: 'number_input',
      action_id: name === 'count' ? COUNT_INPUT : MINUTES_INPUT,
      is_decimal_allowed: false,
      min_value: '1',
      max_value: String(most),
    },
  };
}

function reasonInput(hint: string, required: boolean): KnownBlock {
  return {
    type: 'input',
    block_id: REASON_BLOCK,
    label: plain('Reason'),
    hint: plain(hint),
    ...(required ? {} : { optional: true }),
    element: {
      type: 'plain_text_input',
      action_id: REASON_INPUT,
      multiline: true,
      min_length: 1,
      max_length: REASON_MAX,
    },
  };
}

/** A note for one person, inert like everything else. */
export function renderNote(note: string, link?: string): Message {
  const open: KnownBlock[] = link ? [{ type: 'actions', elements: [openButton(link)] }] : [];
  return { text: escape(note), blocks: [rich([section(text(note))]), ...open] };
}

/** The one thing that leads anywhere, and nobody but the operator says where. */
function openButton(url: string): Button {
  return { type: 'button', action_id: OPEN, text: plain('Full view'), url };
}

export function escape(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function plain(value: string): PlainTextElement {
  return { type: 'plain_text', text: value, emoji: false };
}

export function text(value: string): RichTextText {
  return { type: 'text', text: shorten(value, LIMITS.richText) };
}

export function bold(value: string): RichTextText {
  return { ...text(value), style: { bold: true } };
}

export function section(...elements: RichTextSection['elements']): RichTextSection {
  // Slack refuses empty text elements.
  return {
    type: 'rich_text_section',
    elements: elements.filter((element) => element.type !== 'text' || element.text !== ''),
  };
}

export function rich(elements: RichTextBlock['elements']): RichTextBlock {
  return { type: 'rich_text', elements };
}

/** Shown in each reader's own zone, so that it needs no edit while it stays true. */
export function localTime(at: string): RichTextDate {
  return {
    type: 'date',
    timestamp: Math.floor(Date.parse(at) / 1000),
    format: '{date_short_pretty} {time}',
    fallback: at,
  };
}

function within(limit: 'buttonValue' | 'privateMetadata', value: string): string {
  if (value.length > LIMITS[limit])
    throw new RangeError(`${limit} holds ${value.length} characters, Slack takes ${LIMITS[limit]}`);
  return value;
}
