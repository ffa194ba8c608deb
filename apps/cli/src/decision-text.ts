import { timestampDate } from '@bufbuild/protobuf/wkt';
import { State, type Decision } from '@countersign/contract';
import { EXIT } from './exit.js';
import { joinTexts, say, type Style, type Text } from './terminal.js';
import { clock } from './when.js';

/** A decision for people: the answer first, then why, then what to do. */
export function renderDecision(decision: Decision, now: Date): Text {
  const { approval, risk } = decision;
  const lines = [
    say`${stateText(decision.state)}  ${decision.id || '(not recorded)'}${risk?.level ? `  ${risk.level} risk` : ''}${decision.dryRun ? '  dry run' : ''}`,
    ...decision.reasons.map((reason) => field('why', say`${reason.text} (${reason.rule})`)),
  ];
  if (approval) {
    const seats = approval.seats.map((seat) => `${seat.filled} of ${seat.count} ${seat.group}`).join(', ');
    lines.push(field('people', say`${seats}`));
    for (const vote of approval.votes) {
      const said = vote.reason ? `: ${vote.reason}` : '';
      lines.push(field('vote', say`${vote.voterName || vote.voter} ${vote.vote === 1 ? 'approved' : 'denied'}${said}`));
    }
    if (decision.state === State.PENDING && approval.expiresAt) {
      lines.push(field('until', say`${clock(timestampDate(approval.expiresAt), now)}`));
    }
  }
  for (const { id } of decision.obligations) lines.push(field('must', say`${id}`));
  const { brokenGlass, review } = decision;
  if (brokenGlass) {
    const against = brokenGlass.overrodeDeny ? 'against a denial of policy' : 'without approval';
    lines.push(
      field('GLASS', say`${`broken by ${brokenGlass.byName} ${against}: ${brokenGlass.reason}`}`.styled('red')),
    );
  }
  if (review && brokenGlass) {
    const due = review.dueAt ? clock(timestampDate(review.dueAt), now) : '';
    const closed = review.closedBy ? `closed by ${review.closedByName}: ${review.comment}` : `due ${due}`;
    lines.push(field('review', say`${review.overdue ? 'OVERDUE, ' : ''}${closed}`));
  }
  if (decision.actionDigest) lines.push(field('digest', say`${decision.actionDigest}`));
  if (decision.grant) {
    const often = decision.grantUsesLeft > 1 ? `${decision.grantUsesLeft} times` : 'once';
    const until = decision.grantExpiresAt
      ? ` (until ${clock(timestampDate(decision.grantExpiresAt), now)}, ${often})`
      : '';
    lines.push(field('grant', say`${decision.grant}${until}`));
  }
  if (decision.nextStep) lines.push(field('next', say`${decision.nextStep}`));
  for (const step of commandsFor(decision)) lines.push(field('run', say`${step}`.styled('cyan')));
  return joinTexts(lines, '\n');
}

/** The exit code that says the same as the answer. A dry run never permits anything; its code tells what policy would say. */
export function exitOf(decision: Decision): number {
  if (decision.mayAct || (decision.dryRun && decision.state === State.ALLOWED)) return EXIT.ok;
  return decision.state === State.PENDING ? EXIT.pending : EXIT.denied;
}

const LOOK: Record<State, [string, Style]> = {
  [State.UNSPECIFIED]: ['UNKNOWN', 'red'],
  [State.PENDING]: ['PENDING', 'yellow'],
  [State.ALLOWED]: ['ALLOWED', 'green'],
  [State.DENIED]: ['DENIED', 'red'],
  [State.EXPIRED]: ['EXPIRED', 'red'],
  [State.WITHDRAWN]: ['WITHDRAWN', 'red'],
  [State.REDEEMED]: ['REDEEMED', 'green'],
  [State.REVOKED]: ['REVOKED', 'red'],
};

export function stateText(state: State): Text {
  // A state from a newer service is none we may act on.
  const [word, style] = LOOK[state] ?? LOOK[State.UNSPECIFIED];
  return say`${word}`.styled(style);
}

function commandsFor(decision: Decision): string[] {
  if (decision.dryRun) return [];
  if (decision.state === State.PENDING) return [`countersign watch ${decision.id}`];
  if (decision.grant) return ['countersign grant redeem <grant> with the same --action, --arg, --resource'];
  return [];
}

function field(name: string, text: Text): Text {
  return say`  ${say`${name.padEnd(7)}`.styled('dim')} ${text}`;
}
