import { create } from '@bufbuild/protobuf';
import { durationFromMs, timestampDate, timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { Verdict } from '@countersign/approval';
import {
  BundleSchema,
  VerdictSchema,
  type Bundle as WireBundle,
  type Obligation as WireObligation,
  type Verdict as WireVerdict,
} from '@countersign/contract';
import type { BundleInfo, BundleRole, BundleSource } from './policy.js';
import { breakGlassFromWire, breakGlassToWire } from './break-glass-wire.js';
import { secondsOf, termsFromWire, termsToWire } from './terms-wire.js';
import { readVerdict } from './verdict-schema.js';

// Verdicts and bundles as PolicyService carries them.

export function verdictToWire(verdict: Verdict): WireVerdict {
  const { effect, reasons, risk, approval, obligations, grant, policy, counts, flow, break_glass } = verdict;
  return create(VerdictSchema, {
    effect,
    reasons,
    risk,
    ...(approval ? { approval: termsToWire(approval) } : {}),
    // Properties come from JSON text, so they are JSON.
    obligations: obligations as WireObligation[],
    ...(grant ? { grant: { expiresIn: durationFromMs(grant.expires_in_s * 1000), uses: grant.uses } } : {}),
    policy,
    ...(counts ? { counts } : {}),
    ...(flow ? { flow } : {}),
    ...(break_glass ? { breakGlass: breakGlassToWire(break_glass) } : {}),
  });
}

/** Checks what came over the wire as strictly as what comes out of a policy. Throws a SchemaProblem. */
export function verdictFromWire(wire: WireVerdict): Verdict {
  const { effect, reasons, risk, approval, obligations, grant, policy, counts, flow, breakGlass } = wire;
  const given = {
    effect,
    reasons,
    risk,
    ...(approval ? { approval: termsFromWire(approval) } : {}),
    obligations,
    ...(grant ? { grant: { expires_in: secondsOf(grant.expiresIn), uses: grant.uses } } : {}),
    // A list that is absent and an empty one are the same on the wire.
    ...(counts.length > 0 ? { counts } : {}),
    ...(flow.length > 0 ? { flow } : {}),
    ...(breakGlass ? { break_glass: breakGlassFromWire(breakGlass) } : {}),
  };
  return readVerdict(given, policy?.revision ?? '');
}

export function bundleToWire({ loaded_at, ...rest }: BundleInfo): WireBundle {
  return create(BundleSchema, { ...rest, loadedAt: timestampFromDate(new Date(loaded_at)) });
}

export function bundleFromWire({ revision, active, source, location, role, loadedAt, areas }: WireBundle): BundleInfo {
  return {
    revision,
    active,
    source: source as BundleSource,
    location,
    role: role as BundleRole,
    loaded_at: (loadedAt ? timestampDate(loadedAt) : new Date(0)).toISOString(),
    areas: [...areas],
  };
}
