import {
  answersTo,
  approverSignals,
  inScope,
  roleRefusal,
  type Answer,
  type ApproverSignals,
  type Decision,
  type Habits,
  sameIdentity,
} from '@countersign/approval';
import { invalidArgument, type ListApproverSignalsRequest } from '@countersign/contract';
import { requireRole, type Caller, type Directory } from '@countersign/directory';
import type { IntakeReader } from '@countersign/store';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { idBefore } from './ids.js';
import { requirePerson } from './people/who.js';

const DAY_S = 86_400;
const LONGEST_S = 90 * DAY_S;
const BEFORE_S = 30 * DAY_S;
const USUAL_S = 30 * DAY_S;
const FAST_S = 5;
const SLOWEST_FAST_S = 3_600;
const PAGE = 200;
/** Requests that are looked at for each of the two times. */
const MOST = 20_000;

export interface SignalsParts {
  reader: Pick<IntakeReader, 'held'>;
  directory: () => Directory;
  now: () => Date;
}

/** How people answer, read from what is kept of their votes. Nothing else in this process waits for it. */
export class Signals {
  constructor(readonly parts: SignalsParts) {}

  /** Throws StatusError INVALID_ARGUMENT, or PERMISSION_DENIED for what is of others. */
  async list({ person, everyone, period, fastS = FAST_S }: ListApproverSignalsRequest, caller: Caller) {
    const seconds = period ? Number(period.seconds) + period.nanos / 1e9 : USUAL_S;
    if (!(seconds > 0 && seconds <= LONGEST_S))
      throw invalidArgument({ field: 'period', description: 'is not between 0 s and 90 days' });
    if (fastS > SLOWEST_FAST_S) throw invalidArgument({ field: 'fast_s', description: 'is more than an hour' });
    if (everyone && person) throw invalidArgument({ field: 'person', description: 'goes without everyone' });
    const whose = everyone ? undefined : person || ownId(caller);
    if (whose === undefined || !isSelf(caller, whose)) requireOverview(caller);
    const to = this.parts.now().getTime();
    const from = to - seconds * 1000;
    const [now, before] = [
      await this.#answers(from, to + 1, whose),
      await this.#answers(from - BEFORE_S * 1000, from, whose),
    ];
    return {
      approvers: approverSignals(now.answers, before.answers, { fast_s: fastS }).map(toMessage),
      from: timestampFromMs(from),
      to: timestampFromMs(to),
      fastS,
      incomplete: now.incomplete || before.incomplete,
    };
  }

  async #answers(
    from: number,
    to: number,
    whose: string | undefined,
  ): Promise<{ answers: Answer[]; incomplete: boolean }> {
    const answers: Answer[] = [];
    const { calendars } = this.parts.directory();
    let after = idBefore(from);
    for (let looked = 0; looked < MOST; looked += PAGE) {
      const page = (await this.parts.reader.held(after, idBefore(to), PAGE)).map(
        (text) => JSON.parse(text) as Decision,
      );
      for (const decision of page) {
        const votes = answersTo(decision, calendars);
        answers.push(...votes.filter(({ voter }) => whose === undefined || sameIdentity(voter, whose)));
      }
      if (page.length < PAGE) return { answers, incomplete: false };
      after = page.at(-1)!.id;
    }
    return { answers, incomplete: true };
  }
}

function ownId(caller: Caller): string {
  return requirePerson(caller, 'agents and services do not vote').id;
}

function isSelf(caller: Caller, id: string): boolean {
  return caller.kind === 'person' && sameIdentity(caller.id, id);
}

/** Throws StatusError PERMISSION_DENIED for whoever is neither auditor nor operator, or whose credential is not for it. */
function requireOverview(caller: Caller): void {
  if (caller.kind === 'person') {
    const duties = ['record', 'operate'] as const;
    if (duties.some((duty) => !roleRefusal(caller.person, duty) && inScope(caller.scopes, duty))) return;
  }
  ownId(caller);
  requireRole(caller, 'record');
}

function toMessage({ person, name, before, ...signals }: ApproverSignals) {
  return {
    ...{ person, name, habits: toHabits(signals), ...(before ? { before: toHabits(before) } : {}) },
    ...{ cutApprovals: signals.cut_approvals, cutUnopened: signals.cut_unopened },
    ...{ streak: signals.streak, longestStreak: signals.longest_streak },
    ...{ withHours: signals.with_hours, afterHours: signals.after_hours },
  };
}

function toHabits({ votes, approvals, approve_rate, p10_s, p50_s, p90_s, fast }: Habits) {
  return { votes, approvals, approveRate: approve_rate, p10S: p10_s, p50S: p50_s, p90S: p90_s, fast };
}
