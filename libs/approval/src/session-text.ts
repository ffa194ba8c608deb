import { groupDigits, inert } from './inert.js';
import type { SessionTerms } from './verdict.js';

/** What an approval for the session would let through besides, in the words of the card. */
export function sessionText({ count, expires_in_s, vary, limits }: SessionTerms): string {
  const free = vary.map((pointer) => {
    const bounds = limits
      .filter((limit) => limit.pointer === pointer)
      .flatMap(({ each, total }) => [
        ...(each === undefined ? [] : [`${groupDigits(each)} each`]),
        ...(total === undefined ? [] : [`${groupDigits(total)} in all`]),
      ]);
    return `${inert(pointer.replace(/^\/action\/properties\//, '').replace(/^\//, ''), 80)}${bounds.length > 0 ? ` (up to ${bounds.join(', ')})` : ''}`;
  });
  const differ = free.length > 0 ? `, where only ${free.join(' and ')} may differ` : ', exactly the same';
  const minutes = Math.max(1, Math.floor(expires_in_s / 60));
  return `Approving for the session lets up to ${groupDigits(count)} more like it run within ${minutes} min${differ}.`;
}
