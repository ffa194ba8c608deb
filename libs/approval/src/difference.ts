import { groupNumber, inert } from './inert.js';
import type { ActionRequest, JsonObject } from './request.js';

// How two requests for the same action differ, as people may see them.

const MOST = 5;
/** Arguments that say how much, in the order in which they are looked for. */
export const QUANTITIES = ['rows', 'amount', 'count', 'size'];

/** "rows 12,480, was 900": what the newer one has, and what the older one had. What says how much comes first. */
export function differences(newer: ActionRequest, older: ActionRequest): string[] {
  const [now, before] = [membersOf(newer), membersOf(older)];
  const names = [...new Set([...now.keys(), ...before.keys()])].filter(
    (name) => JSON.stringify(now.get(name)) !== JSON.stringify(before.get(name)),
  );
  const ranked = names.sort((a, b) => rankOf(a) - rankOf(b) || (a < b ? -1 : 1));
  const texts = ranked.slice(0, MOST).map((name) => changeText(name, now.get(name), before.get(name)));
  return ranked.length > MOST ? [...texts, `and ${ranked.length - MOST} more`] : texts;
}

/** The largest quantity among some requests, of the kind this one has: amounts of another currency are not compared. */
export function largestOf(request: ActionRequest, others: readonly ActionRequest[]): string | undefined {
  const args = argumentsOf(request);
  const name = QUANTITIES.find((quantity) => numberOf(args[quantity]) !== undefined);
  if (name === undefined) return undefined;
  const values = others
    .map(argumentsOf)
    .filter(({ currency }) => currency === args['currency'])
    .flatMap((other) => numberOf(other[name]) ?? []);
  if (values.length === 0) return undefined;
  const unit = typeof args['currency'] === 'string' ? ` ${inert(args['currency'], 20)}` : '';
  return `${name} ${groupNumber(values.reduce((most, value) => Math.max(most, value)))}${unit}`;
}

function membersOf(request: ActionRequest): Map<string, unknown> {
  const properties = Object.entries(request.resource.properties ?? {});
  return new Map<string, unknown>([
    ...Object.entries(argumentsOf(request)),
    ['resource', `${request.resource.type} ${request.resource.id}`],
    ...properties.map(([name, value]) => [`resource ${name}`, value] as const),
    ...(request.principal ? [['on behalf of', request.principal] as const] : []),
  ]);
}

/** Long values may look alike where they are cut, and then it must not seem as if nothing had changed. */
function changeText(name: string, now: unknown, before: unknown): string {
  const [newer, older] = [valueText(now), valueText(before)];
  return newer === older ? `${inert(name, 40)} in a part not shown` : `${inert(name, 40)} ${newer}, was ${older}`;
}

function rankOf(name: string): number {
  const quantity = QUANTITIES.indexOf(name);
  if (quantity >= 0) return quantity;
  return name === 'resource' ? QUANTITIES.length : QUANTITIES.length + 1;
}

/** A value as people read it, on one line and at most 60 characters. */
export function valueText(value: unknown): string {
  if (value === undefined) return 'not given';
  if (typeof value === 'number') return groupNumber(value);
  return inert(typeof value === 'string' ? value : JSON.stringify(value), 60);
}

function argumentsOf({ action }: ActionRequest): JsonObject {
  return action.properties ?? {};
}

/** A number, however it is written: amounts are often strings. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^-?\d{1,15}(\.\d{1,15})?$/.test(value) ? Number(value) : undefined;
}
