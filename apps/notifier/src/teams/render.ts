import { buttonValue } from '../clicks.js';
import { boundsOf, COUNT_INPUT, LABELS, leaveText, MINUTES_INPUT } from '../leave.js';
import { layout, type Part } from '../layout.js';
import type { Sheet } from '../surface.js';

// A card as an Adaptive Card 1.5, in plain JSON. TextBlock and FactSet read Markdown, so whatever an agent, a user or a
// policy wrote goes into RichTextBlock, which does not.

export const APPROVE = 'countersign.approve';
export const DENY = 'countersign.deny';
/** Approves, and lets more of the same run in the session. */
export const SESSION = 'countersign.session';
export const REASON_INPUT = 'reason';
export const REASON_MAX = 1_000;

export interface Element {
  type: string;
  [member: string]: unknown;
}

export interface AdaptiveCard {
  type: 'AdaptiveCard';
  $schema: string;
  version: '1.5';
  body: Element[];
  actions: Element[];
  /** Who is mentioned, where Teams reads it. */
  msteams?: { entities: object[] };
}

/** Lines of payload shown, from the beginning and from the end. */
const HEAD_LINES = 30;
const TAIL_LINES = 15;

/** A message that is only the card; the summary is what a lock screen shows. */
export function renderActivity(sheet: Sheet): object {
  return activityOf(renderAdaptiveCard(sheet), sheet.card.notice);
}

export function activityOf(content: AdaptiveCard, summary: string): object {
  return {
    type: 'message',
    summary,
    attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', content }],
  };
}

/** A few words to one person. */
export function renderNote(text: string, link?: string): object {
  const body = [line([run(text)])];
  const schema = 'http://adaptivecards.io/schemas/adaptive-card.json';
  const actions = fullView({ link });
  return activityOf({ type: 'AdaptiveCard', $schema: schema, version: '1.5', body, actions }, text);
}

/** With a `note`, the card of one person who has voted: it says so, and has no buttons left. */
export function renderAdaptiveCard(sheet: Sheet, note?: string): AdaptiveCard {
  const { card } = sheet;
  const { above, payload, below } = layout(card);
  const expires = card.expires_at ? `expires ${card.expires_at.slice(0, 16).replace('T', ' ')} UTC` : '';
  const body: Element[] = [
    line([run([card.risk, card.needs, expires].filter(Boolean).join(' · '), { weight: 'Bolder' })]),
    line([run(card.headline, { weight: 'Bolder', size: 'Large' })]),
    ...(note ? [line([run(note, { weight: 'Bolder' })])] : []),
    ...above.flatMap(partLines),
    { type: 'Container', style: 'emphasis', items: payloadLines(payload) },
    ...below.flatMap(partLines),
    line([run(`${card.id} · ${card.short_digest}`, { size: 'Small', isSubtle: true })]),
  ];
  return {
    type: 'AdaptiveCard',
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    version: '1.5',
    body,
    actions: [...(note === undefined ? actions(sheet) : []), ...fullView(card)],
  };
}

/** The one thing on a card that leads anywhere, and nobody but the operator says where. */
function fullView({ link }: { link?: string | undefined }): Element[] {
  return link ? [{ type: 'Action.OpenUrl', title: 'Full view', url: link }] : [];
}

function actions(sheet: Sheet): Element[] {
  const { card } = sheet;
  const data = { countersign: buttonValue(sheet) };
  const found: Element[] = [];
  if (card.actions.includes('approve')) {
    const approve = { type: 'Action.Execute', title: 'Approve', verb: APPROVE, data, style: 'positive' };
    found.push(card.reason_required ? asking('Approve…', approve, [reasonInput(RECORDED)]) : approve);
    if (card.session) {
      const { count, minutes } = boundsOf(card.session);
      const more = { type: 'Action.Execute', title: 'Approve for the session', verb: SESSION, data, style: 'positive' };
      const inputs = [
        line([run(leaveText(card))]),
        numberInput(COUNT_INPUT, LABELS.count, count),
        numberInput(MINUTES_INPUT, LABELS.minutes, minutes),
        reasonInput(RECORDED, card.reason_required),
      ];
      found.push(asking('Approve for the session…', more, inputs));
    }
  }
  if (card.actions.includes('deny')) {
    const deny = { type: 'Action.Execute', title: 'Deny', verb: DENY, data, style: 'destructive' };
    found.push(asking('Deny…', deny, [reasonInput('The agent is told this.')]));
  }
  return found;
}

const RECORDED = 'This goes on the record.';

/** A button that opens fields before the real one. What is typed is checked again where it arrives. */
function asking(title: string, action: Element, body: Element[]): Element {
  return { type: 'Action.ShowCard', title, card: { type: 'AdaptiveCard', version: '1.5', body, actions: [action] } };
}

function reasonInput(hint: string, required = true): Element {
  return {
    type: 'Input.Text',
    id: REASON_INPUT,
    label: 'Reason',
    placeholder: hint,
    isMultiline: true,
    isRequired: required,
    maxLength: REASON_MAX,
    ...(required ? { errorMessage: 'Please give a reason.' } : {}),
  };
}

/** Nothing is filled in: leave is given by whoever means it. */
function numberInput(id: string, label: string, max: number): Element {
  const errorMessage = `A whole number from 1 to ${max}.`;
  return {
    type: 'Input.Number',
    id,
    label,
    placeholder: `at most ${max}`,
    min: 1,
    max,
    isRequired: true,
    errorMessage,
  };
}

/** One block a line, because line breaks inside a run are not kept. */
function payloadLines(payload: string): Element[] {
  const lines = payload.split('\n');
  const cut = lines.length - HEAD_LINES - TAIL_LINES;
  const shown =
    cut > 1 ? [...lines.slice(0, HEAD_LINES), `… ${cut} lines not shown …`, ...lines.slice(-TAIL_LINES)] : lines;
  return shown.map((text) => ({
    ...line([run(text === '' ? ' ' : text, { fontType: 'Monospace' })]),
    spacing: 'None',
  }));
}

export function line(inlines: Element[]): Element {
  return { type: 'RichTextBlock', inlines };
}

export function run(text: string, style: { [member: string]: unknown } = {}): Element {
  return { type: 'TextRun', text, ...style };
}

/** A block for each line, because line breaks inside a run are not kept. */
function partLines({ label, lines, strong }: Part): Element[] {
  return lines.map((text, i) => ({
    ...line([
      ...(label && i === 0 ? [run(label, { weight: 'Bolder' })] : []),
      run(text, strong ? { weight: 'Bolder' } : {}),
    ]),
    ...(i > 0 ? { spacing: 'None' } : {}),
  }));
}
