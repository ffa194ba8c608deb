import { timestampDate } from '@bufbuild/protobuf/wkt';
import type { ApproverSignals, ListApproverSignalsResponse, VotingHabits } from '@countersign/contract';
import { inWords } from './duration.js';
import { joinTexts, say, type Text } from './terminal.js';

/** A few lines a person, in the words of somebody who wants to talk about it. */
export function renderSignals({ approvers, from, to, fastS, incomplete }: ListApproverSignalsResponse): Text {
  const day = (at: typeof from) => (at ? timestampDate(at).toISOString().slice(0, 10) : '');
  const head = say`${say`${`asked ${day(from)} to ${day(to)}`}`.styled('dim')}`;
  if (approvers.length === 0) return joinTexts([head, say`nobody has voted`], '\n');
  const more = incomplete ? [say`Too many requests to look at all of them.`.styled('yellow')] : [];
  return joinTexts([head, ...approvers.map((one) => renderOne(one, fastS)), ...more], '\n');
}

function renderOne(one: ApproverSignals, fastS: number): Text {
  const { habits, before } = one;
  if (!habits) return say`${one.person}: the service sent no numbers`;
  const lines = [
    say`${say`${one.name}`.styled('bold')} ${one.person}`,
    say`  ${habits.votes} votes, ${percent(habits.approveRate)} approve${was(before, percentOf)}, ${one.streak} in a row up to the last`,
    say`  half within ${time(habits.p50S)}${was(before, ({ p50S }) => time(p50S))}, nine tenths within ${time(habits.p90S)}; ${habits.fast} in less than ${fastS} s`,
    ...(one.cutApprovals > 0
      ? [say`  ${one.cutApprovals} approved that the card did not show whole, ${one.cutUnopened} of them unopened`]
      : []),
    ...(one.withHours > 0 ? [say`  ${one.afterHours} of ${one.withHours} when not at work`] : []),
  ];
  return joinTexts(lines, '\n');
}

function was(before: VotingHabits | undefined, text: (habits: VotingHabits) => string): string {
  return before ? ` (before: ${text(before)})` : '';
}

function percentOf({ approveRate }: VotingHabits): string {
  return percent(approveRate);
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function time(seconds: number): string {
  return inWords(seconds * 1000);
}
