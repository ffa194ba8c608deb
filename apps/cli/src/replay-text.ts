import type { Effect } from '@countersign/approval';
import type { Change, ReplaySummary } from '@countersign/policy/authoring';
import { askedText, number } from './asked-text.js';
import { joinTexts, say, type Text } from './terminal.js';

const EFFECTS: readonly Effect[] = ['allow', 'require_approval', 'deny'];
const SHORT: Record<Effect, string> = { allow: 'allow', require_approval: 'ask', deny: 'deny' };

/** One changed decision: what it was about, how it changes, and whose doing that is. */
export function changeText(change: Change): Text {
  const { kind, decision_id, at, subject, action, resource, looser, stricter, before, after } = change;
  const word = kind === 'loosened' ? say`loosened `.styled('red') : say`tightened`.styled('cyan');
  return joinTexts(
    [
      say`${word}  ${decision_id}  ${at}  ${subject}  ${action} ${resource}`,
      ...looser.map((how) => say`    ${how}`),
      ...stricter.map((how) => say`    ${how} ${say`(stricter)`.styled('dim')}`),
      say`    rules: ${before.rules.join(', ')} → ${after.rules.join(', ')}`,
    ],
    '\n',
  );
}

export function replayText(summary: ReplaySummary): Text[] {
  const { requests, loosened, tightened, other_rules: others, not_replayable: lost, without_history: blind } = summary;
  const loose = say`${number(loosened)} loosened`.styled(loosened > 0 ? 'red' : 'green');
  return [
    say`${say`then ↓  now →`.styled('dim')}  ${EFFECTS.map((effect) => SHORT[effect].padStart(9)).join('')}`,
    ...EFFECTS.map((before) => {
      const cells = EFFECTS.map((after) => number(summary.effects[before][after]).padStart(9)).join('');
      return say`${SHORT[before].padEnd(13)}  ${cells}`;
    }),
    say``,
    say`${number(requests)} requests: ${loose}, ${number(tightened)} tightened, ${number(others)} the same for other reasons`,
    ...Object.entries(lost).map(([why, count]) => say`${number(count)} not replayed: ${why}`.styled('yellow')),
    ...(blind > 0
      ? [
          say`${number(blind)} were asked as if nothing had happened before: the new policy reads history that was not recorded`.styled(
            'yellow',
          ),
        ]
      : []),
    ...Object.entries(summary.faults).map(([kind, count]) =>
      say`${number(count)} denied because the new policy broke (${kind})`.styled('red'),
    ),
    say``,
    ...askedText('were asked      ', summary.asked.before),
    ...askedText('would be asked  ', summary.asked.after),
  ];
}
