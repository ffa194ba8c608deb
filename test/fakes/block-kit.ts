// Slack's limits on messages and modals, as its documentation states them per block, and what a person reads in one.

type Json = { [key: string]: unknown };

/** Where alone a card may lead. */
export const INBOX = /^https:\/\/gate\.example\/inbox\/[\w-]+$/;

/** Throws what is wrong with blocks, as Slack would refuse them. */
export function checkBlocks(blocks: unknown, where: 'message' | 'modal' | 'reply'): asserts blocks is Json[] {
  if (!Array.isArray(blocks)) throw new Error('blocks is not a list');
  atMost(blocks.length, where === 'modal' ? 100 : 50, 'blocks');
  for (const block of blocks as Json[]) checkBlock(block, where);
  // Of all blocks of a message together, as Slack refuses with msg_blocks_too_long.
  atMost(readBlocks(blocks as Json[]).length, 13_200, 'characters');
  const primary = actionsOf(blocks as Json[]).filter(({ style }) => style === 'primary');
  atMost(primary.length, 1, 'primary buttons');
}

function checkBlock(block: Json, where: string): void {
  switch (block['type']) {
    case 'header':
      return checkText(block['text'], 150, ['plain_text']);
    case 'section':
      return checkText(block['text'], 3000, ['plain_text', 'mrkdwn']);
    case 'context':
      atMost((block['elements'] as Json[]).length, 10, 'context elements');
      return (block['elements'] as Json[]).forEach((element) => checkText(element, 3000, ['plain_text', 'mrkdwn']));
    case 'rich_text':
      return (block['elements'] as Json[]).forEach((element) => checkRich(element, where));
    case 'actions':
      atMost((block['elements'] as Json[]).length, 25, 'actions');
      return (block['elements'] as Json[]).forEach(checkButton);
    case 'input':
      checkText(block['label'], 2000, ['plain_text']);
      if (where !== 'modal') throw new Error('an input outside a modal');
      return atMost(Number((block['element'] as Json)['max_length'] ?? 0), 3000, 'max_length');
    default:
      throw new Error(`unknown block ${String(block['type'])}`);
  }
}

function checkRich(element: Json, where: string): void {
  const known = ['rich_text_section', 'rich_text_preformatted', 'rich_text_list', 'rich_text_quote'];
  if (!known.includes(String(element['type']))) throw new Error(`unknown rich text ${String(element['type'])}`);
  for (const item of element['elements'] as Json[]) {
    if (item['type'] === 'text' && (typeof item['text'] !== 'string' || item['text'] === ''))
      throw new Error('empty text element');
    // Only an answer in a thread calls people, and only by their ids.
    if (item['type'] === 'user' && where === 'reply' && /^[UW][A-Z0-9]+$/.test(String(item['user_id']))) continue;
    if (!['text', 'date'].includes(String(item['type']))) throw new Error(`a live ${String(item['type'])} element`);
  }
}

function checkButton(button: Json): void {
  checkText(button['text'], 75, ['plain_text']);
  atMost(String(button['action_id']).length, 255, 'action_id');
  atMost(String(button['value'] ?? '').length, 2000, 'value');
  const url = button['url'];
  if (url !== undefined && !INBOX.test(String(url))) throw new Error(`a button leads to ${String(url)}`);
  const confirm = button['confirm'] as Json | undefined;
  if (!confirm) return;
  checkText(confirm['title'], 100, ['plain_text']);
  checkText(confirm['text'], 300, ['plain_text', 'mrkdwn']);
  checkText(confirm['confirm'], 30, ['plain_text']);
  checkText(confirm['deny'], 30, ['plain_text']);
}

/** Throws what is wrong with a modal. */
export function checkModal(view: Json): void {
  for (const part of ['title', 'submit', 'close']) checkText(view[part], 24, ['plain_text']);
  atMost(String(view['private_metadata'] ?? '').length, 3000, 'private_metadata');
  atMost(String(view['callback_id'] ?? '').length, 255, 'callback_id');
  checkBlocks(view['blocks'], 'modal');
}

function checkText(value: unknown, max: number, types: string[]): void {
  const text = value as Json | undefined;
  if (!text || !types.includes(String(text['type']))) throw new Error(`text must be ${types.join(' or ')}`);
  if (typeof text['text'] !== 'string' || text['text'] === '') throw new Error('text is empty');
  atMost(text['text'].length, max, 'text');
}

function atMost(value: number, max: number, what: string): void {
  if (value > max) throw new Error(`${what}: ${value} is more than ${max}`);
}

export function actionsOf(blocks: Json[]): Json[] {
  return blocks.flatMap((block) => (block['type'] === 'actions' ? (block['elements'] as Json[]) : []));
}

/** What a person reads: one line for each block, buttons in brackets. */
export function readBlocks(blocks: Json[]): string {
  return blocks.map(readBlock).join('\n');
}

function readBlock(block: Json): string {
  const elements = (block['elements'] ?? []) as Json[];
  if (block['type'] === 'rich_text') return elements.map(readBlock).join('\n');
  if (block['type'] === 'actions') return elements.map((button) => `[${readText(button['text'])}]`).join(' ');
  if (elements.length > 0) return elements.map(readText).join('');
  return readText(block['text'] ?? block['label']);
}

function readText(value: unknown): string {
  const text = value as Json | undefined;
  if (text?.['user_id']) return `@${String(text['user_id'])}`;
  return String(text?.['text'] ?? text?.['fallback'] ?? '');
}
