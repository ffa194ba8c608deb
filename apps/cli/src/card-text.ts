import { timestampDate } from '@bufbuild/protobuf/wkt';
import { State, type ApprovalView } from '@countersign/contract';
import { joinTexts, say, type Style, type Text } from './terminal.js';
import { clock } from './when.js';

// The card as a terminal lays it out. Its lines come from the service, the same as in every other channel; the order is
// the one in which they should be read, so the agent's own words are last.

export function renderCardText(view: ApprovalView, now: Date): Text {
  const card = view.card;
  if (!card) return say`${view.id}: the service sent no card`;
  const bar = say`│ `.styled(styleOf(view));
  const lines = [
    head(view, now),
    say`${card.headline}`.styled('bold'),
    say``,
    say`${card.who}`,
    ...card.why.map((why) => say`Why it was held: ${why}`),
    ...(card.impact.length > 0 ? [say`Impact: ${card.impact.join(' · ')}`] : []),
    say``,
    // Each line of the payload keeps the bar, so that no payload can draw a card of its own below this one.
    ...card.payload.split('\n').map((line) => say`  ${line}`.styled('cyan')),
    say``,
    ...card.justBefore.map((line) => say`Just before: ${line}`),
    ...card.similar.map((line) => say`Similar: ${line}`),
    ...(card.justBefore.length + card.similar.length > 0 ? [say``] : []),
    ...(card.agentSays
      ? [
          ...labelled(card.agentSays)
            .split('\n')
            .map((line) => say`${line}`.styled('dim')),
          say``,
        ]
      : []),
    ...(card.outcome ? [say`${card.outcome}`] : []),
    ...(view.decision?.state === State.PENDING ? [say`${card.effect}`] : []),
    ...(view.canVote || !view.cannotVoteBecause
      ? []
      : [say`You cannot vote: ${view.cannotVoteBecause}`.styled('yellow')]),
    say`${view.id} · ${short(view.decision?.actionDigest ?? '')}`.styled('dim'),
  ];
  return joinTexts(
    lines.map((line) => say`${bar}${line}`),
    '\n',
  );
}

/** Two lines, for a list. */
export function renderCardLines(view: ApprovalView, now: Date): Text {
  const vote = view.canVote ? say`  ${say`your vote is asked`.styled('green')}` : say``;
  return say`${head(view, now)}${vote}\n  ${say`${oneLine(view.card?.headline ?? '')}`.styled('bold')}\n  ${oneLine(view.card?.who ?? '')}\n  ${say`${view.id}`.styled('cyan')}`;
}

function head(view: ApprovalView, now: Date): Text {
  const approval = view.decision?.approval;
  const needs = approval?.seats.map((seat) => `${seat.count} ${seat.group}`).join(' + ');
  const parts = [say`${view.card?.risk ?? ''}`.styled(styleOf(view))];
  if (needs) parts.push(say`needs ${needs}`);
  if (view.card?.progress) parts.push(say`${view.card.progress}`);
  if (view.decision?.state === State.PENDING && approval?.expiresAt) {
    parts.push(say`expires ${clock(timestampDate(approval.expiresAt), now)}`);
  } else if (view.decision) {
    parts.push(say`${State[view.decision.state]?.toLowerCase() ?? 'unknown'}`);
  }
  return joinTexts(parts, ' · ');
}

function styleOf(view: ApprovalView): Style {
  const level = view.decision?.risk?.level;
  return level === 'low' ? 'green' : level === 'medium' ? 'yellow' : 'red';
}

function labelled(words: string): string {
  return words.startsWith('The agent says (not verified)') ? words : `The agent says (not verified): ${words}`;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ');
}

function short(digest: string): string {
  return `${digest.slice(0, 4)} ${digest.slice(4, 8)}`;
}
