import { isCut, type Card } from '@countersign/approval';

// The lines of a card between its headline and its buttons, in the order in which the eye should meet them, the same in every
// chat. What does not fit is cut here, and says so: the agent's own words last, and no part can push another out of sight.

/** A few lines, with what they are before the first. */
export interface Part {
  label?: string;
  lines: string[];
  strong?: boolean;
}

export interface Layout {
  above: Part[];
  /** The exact payload. */
  payload: string;
  below: Part[];
}

/** Characters that each part may take: together fewer than a message of Slack may have in its blocks, which is 13,200. */
const ROOM = {
  outcome: 1_500,
  who: 700,
  why: 1_500,
  impact: 600,
  payload: 3_000,
  just_before: 1_300,
  similar: 1_500,
  agent_says: 700,
  agent_says_before: 900,
  effect: 700,
} as const;

const UNREAD = 'Not all of it is shown here. Open the whole of it before you approve.';

export function layout(card: Card): Layout {
  let cut = isCut(card.payload);
  const fit = (name: keyof typeof ROOM, lines: readonly string[]): string[] => {
    const whole = lines.join('\n');
    const shown = shorten(whole, ROOM[name]);
    cut ||= shown !== whole;
    return shown.split('\n');
  };
  const part = (
    name: keyof typeof ROOM,
    lines: readonly string[] | string | undefined,
    more: Omit<Part, 'lines'> = {},
  ) => (lines === undefined || lines.length === 0 ? [] : [{ ...more, lines: fit(name, [lines].flat()) }]);
  const above = [
    ...part('outcome', card.outcome, { strong: true }),
    ...part('who', card.who),
    ...part('why', card.why, { label: 'Why it was held: ' }),
    ...part('impact', card.impact?.join(' · '), { label: 'Impact: ' }),
  ];
  const payload = fit('payload', [card.payload]).join('\n');
  const below = [
    ...part('just_before', card.just_before, { label: 'Just before: ' }),
    ...part('similar', card.similar, { label: 'Similar: ' }),
    ...part('who', card.progress && `Approved: ${card.progress}`),
    ...part('agent_says', card.agent_says, { label: 'The agent says (not verified): ' }),
    ...part('agent_says_before', card.agent_says_before, { label: 'It says it did before (not verified): ' }),
    ...part('effect', card.effect),
  ];
  // Beside the payload, where it is read, and only while there is something to approve.
  const unread = cut && card.actions.length > 0 ? [{ lines: [UNREAD], strong: true }] : [];
  return { above, payload, below: [...unread, ...below] };
}

/** Keeps head and tail: the dangerous part is often the last one. */
export function shorten(value: string, max: number): string {
  if (value.length <= max) return value;
  const note = ` … cut: not all of ${value.length} characters … `;
  const tail = Math.floor(max / 3);
  return (value.slice(0, max - tail - note.length) + note + value.slice(-tail)).toWellFormed();
}
