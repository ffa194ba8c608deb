import { durationFromMs, durationMs, type Duration } from '@bufbuild/protobuf/wkt';
import type { ApprovalTerms, SessionTerms } from '@countersign/approval';
import type { ApprovalTerms as WireTerms, SessionTerms as WireSession } from '@countersign/contract';

// On what terms people are asked, as PolicyService carries it. An absent member and an empty one are the same on the wire.

export function termsToWire(terms: ApprovalTerms) {
  return {
    seats: terms.seats,
    alternatives: (terms.alternatives ?? []).map((seats) => ({ seats })),
    denyQuorum: terms.deny_quorum ?? 0,
    escalate: (terms.escalate ?? []).map(({ after_s, seats }) => ({ after: durationFromMs(after_s * 1000), seats })),
    lateMembers: terms.late_members ?? false,
    ...(terms.session ? { session: sessionToWire(terms.session) } : {}),
    expiresIn: durationFromMs(terms.expires_in_s * 1000),
    reasonRequired: terms.reason_required,
    channels: terms.channels,
    redact: terms.redact,
    exclude: terms.exclude,
    stepUp: terms.step_up,
  };
}

/** As a policy would have said it, to be checked like that. */
export function termsFromWire(wire: WireTerms): Record<string, unknown> {
  return {
    seats: wire.seats,
    alternatives: wire.alternatives.map(({ seats }) => seats),
    ...(wire.denyQuorum === 0 ? {} : { deny_quorum: wire.denyQuorum }),
    escalate: wire.escalate.map(({ after, seats }) => ({ after: secondsOf(after), seats })),
    late_members: wire.lateMembers,
    ...(wire.session ? { session: sessionFromWire(wire.session) } : {}),
    expires_in: secondsOf(wire.expiresIn),
    reason_required: wire.reasonRequired,
    channels: wire.channels,
    redact: wire.redact,
    exclude: wire.exclude,
    step_up: wire.stepUp,
  };
}

export function sessionToWire({ expires_in_s, count, vary, limits }: SessionTerms) {
  return { expiresIn: durationFromMs(expires_in_s * 1000), count, vary, limits };
}

function sessionFromWire({ expiresIn, count, vary, limits }: WireSession): Record<string, unknown> {
  return {
    expires_in: secondsOf(expiresIn),
    count,
    vary,
    limits: limits.map(({ pointer, each, total }) => ({
      pointer,
      ...(each === undefined ? {} : { each }),
      ...(total === undefined ? {} : { total }),
    })),
  };
}

export function secondsOf(duration: Duration | undefined): number | undefined {
  return duration && durationMs(duration) / 1000;
}
