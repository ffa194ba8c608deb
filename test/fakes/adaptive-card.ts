// What Teams refuses in an Adaptive Card, and what a person reads in one.

import { INBOX } from './block-kit.js';

export type Json = { [key: string]: unknown };

const ELEMENTS = new Set(['RichTextBlock', 'Container', 'Input.Text', 'Input.Number']);

/** Throws what is wrong with a card. TextBlock and FactSet read Markdown, so they count as wrong here. */
export function checkCard(card: Json): void {
  if (card['type'] !== 'AdaptiveCard' || card['version'] !== '1.5') throw new Error('not an Adaptive Card 1.5');
  // Teams takes about 100 kB of UTF-16; past 80 kB it is said to become unreliable.
  if (JSON.stringify(card).length * 2 > 80_000) throw new Error('MessageSizeTooBig');
  const mentions = mentionsOf(card).map(({ text }) => String(text));
  for (const element of elementsOf(card)) {
    // The one TextBlock there may be holds mentions that are declared, and nothing else.
    if (element['type'] === 'TextBlock' && mentions.length > 0 && element['text'] === mentions.join(' ')) continue;
    if (!ELEMENTS.has(String(element['type']))) throw new Error(`unexpected element ${String(element['type'])}`);
    for (const inline of (element['inlines'] ?? []) as Json[]) {
      if (inline['type'] !== 'TextRun' || typeof inline['text'] !== 'string') throw new Error('unexpected inline');
      if ('selectAction' in inline) throw new Error('a live text run');
    }
  }
  for (const action of actionsOf(card)) {
    const nested = action['type'] === 'Action.ShowCard' ? (action['card'] as Json) : undefined;
    if (nested) checkCard(nested);
    else if (action['type'] === 'Action.OpenUrl' && INBOX.test(String(action['url']))) continue;
    else if (action['type'] !== 'Action.Execute') throw new Error(`unexpected action ${String(action['type'])}`);
  }
}

const MENTION = /^<at>[\p{L}\p{M}\p{N} ]+<\/at>$/u;

/** Who is mentioned in a card. Throws for two of one text, which Teams could not tell apart. */
export function mentionsOf(card: Json): Json[] {
  const entities = ((card['msteams'] as Json | undefined)?.['entities'] ?? []) as Json[];
  const texts = entities.map(({ text }) => String(text));
  if (new Set(texts).size < texts.length) throw new Error('two mentions of one text');
  for (const { type, text, mentioned } of entities) {
    const { id, name } = mentioned as { id?: string; name?: string };
    if (type !== 'mention' || !MENTION.test(String(text)) || text !== `<at>${name}</at>` || !id)
      throw new Error('not a mention');
  }
  return entities;
}

export function actionsOf(card: Json): Json[] {
  return (card['actions'] ?? []) as Json[];
}

/** The action behind a button, and the fields in front of it. */
export function press(card: Json, title: string): { action: Json; inputs: Json[] } {
  const action = actionsOf(card).find((one) => String(one['title']).startsWith(title));
  if (!action) throw new Error(`there is no button ${title}`);
  if (action['type'] !== 'Action.ShowCard') return { action, inputs: [] };
  const inner = action['card'] as Json;
  return { action: actionsOf(inner)[0]!, inputs: elementsOf(inner).filter(({ type }) => type === 'Input.Text') };
}

/** One line for each block, buttons in brackets. */
export function readCard(card: Json): string {
  const lines = elementsOf(card)
    .filter(({ type }) => type === 'RichTextBlock' || type === 'TextBlock')
    .map((block) => ((block['inlines'] ?? [block]) as Json[]).map((inline) => String(inline['text'])).join(''));
  return [
    ...lines,
    actionsOf(card)
      .map((action) => `[${String(action['title'])}]`)
      .join(' '),
  ]
    .filter(Boolean)
    .join('\n');
}

function elementsOf(holder: Json): Json[] {
  const children = (holder['body'] ?? holder['items'] ?? []) as Json[];
  return children.flatMap((child) => [child, ...elementsOf(child)]);
}
