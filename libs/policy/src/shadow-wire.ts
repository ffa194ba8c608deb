import { create } from '@bufbuild/protobuf';
import { timestampDate, timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { Effect } from '@countersign/approval';
import {
  ShadowReportSchema,
  type AskedReport as WireAskedReport,
  type ShadowAnswer,
  type ShadowReport as WireShadowReport,
} from '@countersign/contract';
import type { AskedReport } from './asked-report.js';
import type { Brief, ShadowReport } from './shadow.js';
import { bundleFromWire, bundleToWire } from './wire.js';

// What a candidate would have answered, as PolicyService carries it. Without a candidate the report is empty.

export function shadowToWire(report: ShadowReport | undefined, live: string): WireShadowReport {
  if (!report) return create(ShadowReportSchema, { live });
  const { asked, effects, differences } = report;
  return create(ShadowReportSchema, {
    candidate: bundleToWire(report.candidate),
    live: report.live,
    since: timestampFromDate(new Date(report.since)),
    compared: BigInt(report.compared),
    dropped: BigInt(report.dropped),
    faults: BigInt(report.faults),
    withoutHistory: BigInt(report.withoutHistory),
    effects: effects.map(({ count, differing, ...pair }) => ({
      ...pair,
      count: BigInt(count),
      differing: BigInt(differing),
    })),
    askedLive: askedToWire(asked.live),
    askedCandidate: askedToWire(asked.candidate),
    askedAdded: askedToWire(asked.added),
    differences: differences.map(({ at, ...difference }) => ({
      ...difference,
      at: timestampFromDate(new Date(at)),
    })),
  });
}

export function shadowFromWire(wire: WireShadowReport): ShadowReport | undefined {
  const { candidate, since, effects, differences } = wire;
  if (!candidate) return undefined;
  return {
    candidate: bundleFromWire(candidate),
    live: wire.live,
    since: timeOf(since),
    compared: Number(wire.compared),
    dropped: Number(wire.dropped),
    faults: Number(wire.faults),
    withoutHistory: Number(wire.withoutHistory),
    effects: effects.map((pair) => ({
      live: pair.live as Effect,
      candidate: pair.candidate as Effect,
      count: Number(pair.count),
      differing: Number(pair.differing),
    })),
    asked: {
      live: askedFromWire(wire.askedLive),
      candidate: askedFromWire(wire.askedCandidate),
      added: askedFromWire(wire.askedAdded),
    },
    differences: differences.map(({ at, subject, action, resource, live, candidate: other }) => ({
      at: timeOf(at),
      subject,
      action,
      resource,
      live: briefFromWire(live),
      candidate: briefFromWire(other),
    })),
  };
}

function askedToWire({ requests, asked, share, rules }: AskedReport) {
  return {
    requests: BigInt(requests),
    asked: BigInt(asked),
    share,
    rules: rules.map((rule) => ({ ...rule, asked: BigInt(rule.asked), alone: BigInt(rule.alone) })),
  };
}

function askedFromWire(wire: WireAskedReport | undefined): AskedReport {
  const { requests = 0n, asked = 0n, share = 0, rules = [] } = wire ?? {};
  return {
    requests: Number(requests),
    asked: Number(asked),
    share,
    rules: rules.map(({ rule, asked: held, alone, cumulative }) => {
      return { rule, asked: Number(held), alone: Number(alone), cumulative };
    }),
  };
}

function briefFromWire(wire: ShadowAnswer | undefined): Brief {
  return { effect: (wire?.effect ?? '') as Effect, rules: [...(wire?.rules ?? [])] };
}

function timeOf(at: Parameters<typeof timestampDate>[0] | undefined): string {
  return (at ? timestampDate(at) : new Date(0)).toISOString();
}
