import type { Reminder } from '@countersign/approval';
import type { RichTextSection } from '@slack/web-api';
import { bold, escape, localTime, rich, section, text, type Message } from './render.js';

/** Mentions in one message: a page to more people is a page to nobody in particular. */
const MOST_MENTIONED = 10;

/** A user id as Slack writes it. Anything else is no mention, but a name in letters. */
const USER = /^[UW][A-Z0-9]{1,40}$/;

/** What is said in the thread of a card. A mention is an element of its own, so no name can turn into one. */
export function renderReminder({ notice, headline, text: words, people, expires_at, otherwise }: Reminder): Message {
  const named = people.slice(0, MOST_MENTIONED).flatMap((person, i): RichTextSection['elements'] => {
    const separator = i > 0 ? [text(', ')] : [];
    const user = person.accounts
      .filter(({ channel }) => channel === 'slack')
      .map(({ account }) => account.slice(account.indexOf('/') + 1))
      .find((id) => USER.test(id));
    return [...separator, user ? { type: 'user', user_id: user } : text(person.name)];
  });
  const more = people.length - MOST_MENTIONED;
  const rest = more > 0 ? ` and ${more} more.` : '.';
  return {
    text: escape(notice),
    blocks: [
      rich([section(bold(headline))]),
      rich([section(text(words), ...named, text(named.length > 0 ? rest : ''))]),
      rich([section(text(`${otherwise} Expires `), localTime(expires_at))]),
    ],
  };
}
