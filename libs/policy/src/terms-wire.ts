import { durationFromMs, durationMs, type Duration } from '@bufbuild/protobuf/wkt';
import type { ApprovalTerms } from '@countersign/approval';
import type { ApprovalTerms as WireTerms } from '@countersign/contract';

// On what terms people are asked, as PolicyService carries it. An absent member and an empty one are the same on the wire.

export function termsToWire(terms: ApprovalTerms) {
  return {
    seats: terms.seats,
    alternatives: (terms.alternatives ?? []).map((seats) => ({ seats })),
    denyQuorum: terms.deny_quorum ?? 0,
    escalate: (terms.escalate ?? []).map(({ after_s, seats }) => ({ after: durationFromMs(after_s * 1000), seats })),
    lateMembers: terms.late_members ?? false,
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
    expires_in: secondsOf(wire.expiresIn),
    reason_required: wire.reasonRequired,
    channels: wire.channels,
    redact: wire.redact,
    exclude: wire.exclude,
    step_up: wire.stepUp,
  };
}

export function secondsOf(duration: Duration | undefined): number | undefined {
  return duration && durationMs(duration) / 1000;
}
