import type { Reminder } from '@countersign/approval';
import { activityOf, line, run, type AdaptiveCard } from './render.js';

/** Mentions in one message: a page to more people is a page to nobody in particular. */
const MOST_MENTIONED = 10;

/** A member of a tenant, as the directory links it. Anything else is no mention, but a name in letters. */
const MEMBER = /^[A-Za-z0-9-]{1,128}$/;

/**
 * What is said below a card. Teams reads mentions in a TextBlock only, which reads Markdown as well: there is nothing in that
 * block but the mentions, and in a name nothing that means anything to Markdown.
 */
export function renderReminder({ notice, headline, text, people, expires_at, otherwise }: Reminder): object {
  const shown = people.slice(0, MOST_MENTIONED).map((person) => ({ ...person, member: memberOf(person) }));
  const taken = new Set<string>();
  const entities = shown.flatMap(({ name, member }) => (member ? [mention(plainName(name, taken), member)] : []));
  const plain = shown.filter(({ member }) => !member).map(({ name }) => name);
  const more = people.length - MOST_MENTIONED;
  const others = [...plain, ...(more > 0 ? [`${more} more`] : [])].join(', ');
  const expires = `${expires_at.slice(0, 16).replace('T', ' ')} UTC`;
  const card: AdaptiveCard = {
    type: 'AdaptiveCard',
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    version: '1.5',
    body: [
      line([run(headline, { weight: 'Bolder' })]),
      line([run(`${text}${others}`)]),
      ...(entities.length > 0
        ? [{ type: 'TextBlock', text: entities.map((entity) => entity.text).join(' '), wrap: true }]
        : []),
      line([run(`${otherwise} Expires ${expires}.`)]),
    ],
    actions: [],
    ...(entities.length > 0 ? { msteams: { entities } } : {}),
  };
  return activityOf(card, notice);
}

function memberOf({ accounts }: Reminder['people'][number]): string | undefined {
  return accounts
    .filter(({ channel }) => channel === 'teams')
    .map(({ account }) => account.slice(account.indexOf('/') + 1))
    .find((id) => MEMBER.test(id));
}

/** Letters and digits of a name, unlike those taken: Teams tells mentions apart by their texts. */
function plainName(name: string, taken: Set<string>): string {
  const letters =
    name
      .replace(/[^\p{L}\p{M}\p{N} ]/gu, ' ')
      .replace(/ +/g, ' ')
      .trim() || 'approver';
  let unique = letters;
  for (let i = 2; taken.has(unique); i++) unique = `${letters} ${i}`;
  taken.add(unique);
  return unique;
}

function mention(name: string, id: string) {
  return { type: 'mention', text: `<at>${name}</at>`, mentioned: { id, name } };
}
