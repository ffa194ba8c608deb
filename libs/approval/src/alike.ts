import { numberOf, QUANTITIES, valueText } from './difference.js';
import { effectOf } from './headline.js';
import { inert } from './inert.js';
import { membersOf, REST } from './members.js';
import { redact } from './redact.js';
import type { Decision, Pending } from './state.js';
import type { RiskLevel } from './verdict.js';

// Requests of one agent for one kind of action, laid side by side, so that what differs is what is read. Nothing here is
// ever answered as one: each is a request of its own, with a digest and a vote of its own.

export interface AlikeRequest {
  id: string;
  action_digest: string;
  headline: string;
  risk: RiskLevel;
  created_at: string;
  /** RFC 3339. */
  expires_at: string;
  /** What it has under each pointer in `differ`. */
  values: string[];
}

export interface AlikeGroup {
  subject: { type: string; id: string };
  action: string;
  resource_type: string;
  /** What all of them have. */
  common: { pointer: string; text: string }[];
  common_left_out: number;
  /** JSON pointers under which they differ, what says how much first. */
  differ: string[];
  differ_left_out: number;
  /** The largest first. */
  requests: AlikeRequest[];
  requests_left_out: number;
}

const MOST_REQUESTS = 50;
const MOST_COMMON = 24;
const MOST_DIFFERENT = 12;

/** The groups that these requests make, those of most requests first. */
export function alikeGroups(pending: readonly (Decision & Pending)[]): AlikeGroup[] {
  const groups = new Map<string, (Decision & Pending)[]>();
  for (const decision of pending) {
    const { subject, action, resource } = decision.request;
    const key = JSON.stringify([subject.type, subject.id, action.name, resource.type]);
    groups.set(key, [...(groups.get(key) ?? []), decision]);
  }
  return [...groups.values()].sort((a, b) => b.length - a.length).map(groupOf);
}

function groupOf(all: (Decision & Pending)[]): AlikeGroup {
  const kept = all.slice(0, MOST_REQUESTS);
  // What one of them hides is hidden in all: beside the others it would be told by what they have.
  const hidden = kept.flatMap(({ approval }) => approval.terms.redact);
  const shown = kept.map((decision) => ({ decision, request: redact(decision.request, hidden).request }));
  const members = shown.map(({ request }) => membersOf(request));
  const pointers = [...new Set(members.flatMap((one) => [...one.keys()]))];
  const texts = new Map(pointers.map((pointer) => [pointer, members.map((one) => JSON.stringify(one.get(pointer)))]));
  const differs = (pointer: string) => new Set(texts.get(pointer)).size > 1;
  const common = pointers.filter((pointer) => !differs(pointer) && !GIVEN.test(pointer));
  const different = pointers.filter(differs).sort((a, b) => rankOf(a) - rankOf(b) || (a < b ? -1 : 1));
  const columns = different.slice(0, MOST_DIFFERENT);
  const values = columns.map((pointer) =>
    distinctTexts(
      members.map((one) => one.get(pointer)),
      texts.get(pointer)!,
    ),
  );
  const sizes = sizesOf(members, different);
  const { subject, action, resource } = shown[0]!.request;
  return {
    subject: { type: inert(subject.type, 60), id: inert(subject.id, 120) },
    action: inert(action.name, 120),
    resource_type: inert(resource.type, 120),
    common: common
      .slice(0, MOST_COMMON)
      .map((pointer) => ({ pointer: inert(pointer, 80), text: valueText(members[0]!.get(pointer)) })),
    common_left_out: Math.max(0, common.length - MOST_COMMON),
    differ: columns.map((pointer) => inert(pointer, 80)),
    differ_left_out: different.length - columns.length,
    requests: shown
      .map(({ decision, request }, i) => ({
        size: sizes[i]!,
        id: decision.id,
        action_digest: decision.action_digest,
        headline: effectOf(request),
        risk: decision.risk.level,
        created_at: decision.created_at,
        expires_at: decision.approval.expires_at,
        values: values.map((column) => column[i]!),
      }))
      .sort((a, b) => b.size - a.size || (a.id < b.id ? -1 : 1))
      .map(({ size: _, ...request }) => request),
    requests_left_out: all.length - kept.length,
  };
}

/** What every group says of itself. */
const GIVEN = /^\/(subject\/(type|id)|action\/name|resource\/type)$/;

function rankOf(pointer: string): number {
  const quantity = QUANTITIES.indexOf(pointer.replace('/arguments/', ''));
  if (quantity >= 0) return quantity;
  const places = ['/resource/', '/principal', '/arguments', '/context', REST];
  const place = places.findIndex((start) => pointer.startsWith(start));
  return QUANTITIES.length + (place < 0 ? places.length : place);
}

/** By how much each is large: the first of what differs that is a number in all of them. */
function sizesOf(members: readonly Map<string, unknown>[], different: readonly string[]): number[] {
  for (const pointer of different) {
    const sizes = members.map((one) => numberOf(one.get(pointer)));
    if (sizes.every((size) => size !== undefined)) return sizes;
  }
  return members.map(() => 0);
}

/** Long values may look alike where they are cut, and then it must not seem as if they were. */
function distinctTexts(values: readonly unknown[], exact: readonly (string | undefined)[]): string[] {
  const first = new Map<string, string | undefined>();
  return values.map((value, i) => {
    const text = valueText(value);
    if (!first.has(text)) first.set(text, exact[i]);
    return first.get(text) === exact[i] ? text : `${text} ⟨differs in a part not shown⟩`;
  });
}
