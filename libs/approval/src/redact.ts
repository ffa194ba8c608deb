import { ownMember, segmentsOf } from './pointer.js';
import type { ActionRequest, JsonObject } from './request.js';

export interface Redacted {
  /** The arguments people may see. */
  arguments: JsonObject;
  /** The whole request as people may see it; its arguments are those above. */
  request: ActionRequest;
  /** Pointers into the request that hid something. */
  hidden: string[];
}

/** What stands where something cannot be left out. */
const HIDDEN_VALUE = '(hidden by policy)';

/** Members a request cannot be shown without: they are covered, not removed. */
const NEEDED = /^\/(subject|resource)\/(id|type)$|^\/action\/name$/;

/**
 * The request without what policy hides. Pointers (RFC 6901) start at the request: "/arguments/password", "/context/ticket".
 * The action digest still binds the hidden values. What cannot be read as a pointer hides all arguments and the context:
 * a slip in a policy must not put a secret into a chat.
 */
export function redact(request: ActionRequest, pointers: readonly string[]): Redacted {
  const shown = JSON.parse(JSON.stringify(request)) as ActionRequest;
  const targets = new Set(pointers.flatMap((pointer) => targetOf(pointer) ?? ['/action/properties', '/context']));
  const hidden = [...targets].filter((pointer) => hide(shown, pointer));
  return { arguments: shown.action.properties ?? {}, request: shown, hidden };
}

/** Policy says "/arguments" for AuthZEN's "/action/properties". Undefined for what is no pointer to a member. */
function targetOf(pointer: string): string | undefined {
  if (!pointer.startsWith('/') || /~(?![01])/.test(pointer)) return undefined;
  return pointer.replace(/^\/arguments(?=\/|$)/, '/action/properties');
}

function hide(shown: ActionRequest, pointer: string): boolean {
  const path = segmentsOf(pointer);
  const last = path.pop()!;
  let holder: unknown = shown;
  for (const key of path) holder = ownMember(holder, key);
  if (ownMember(holder, last) === undefined) return false;
  // Covered in place: with elements taken out, the next pointer into the same list would miss.
  if (Array.isArray(holder)) holder[Number(last)] = HIDDEN_VALUE;
  else if (NEEDED.test(pointer)) (holder as JsonObject)[last] = HIDDEN_VALUE;
  else if (path.length === 0 && ['subject', 'action', 'resource'].includes(last))
    hideWithin(holder as JsonObject, last);
  else delete (holder as JsonObject)[last];
  return true;
}

/** A pointer to the subject, action or resource as a whole hides all that is in it. */
function hideWithin(shown: JsonObject, name: string): void {
  const kept = Object.keys(shown[name] as JsonObject).filter((key) => NEEDED.test(`/${name}/${key}`));
  shown[name] = Object.fromEntries(kept.map((key) => [key, HIDDEN_VALUE]));
}
