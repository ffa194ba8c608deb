import type { ActionRequest, JsonObject } from './request.js';

export interface Redacted {
  /** The arguments people may see. */
  arguments: JsonObject;
  /** Pointers that hid something. */
  hidden: string[];
}

/**
 * The arguments without what policy hides. Pointers (RFC 6901) start at the request: "/arguments/password". The action
 * digest still binds the hidden values.
 */
export function redact(request: ActionRequest, pointers: readonly string[]): Redacted {
  const shown = structuredCloneJson(request.action.properties ?? {}) as JsonObject;
  const hidden: string[] = [];
  for (const pointer of pointers) {
    const [root, ...rest] = pointer.split('/').slice(1).map(unescape);
    if (root !== 'arguments' && !(root === 'action' && rest.shift() === 'properties')) continue;
    if (remove(shown, rest)) hidden.push(pointer);
  }
  return { arguments: shown, hidden };
}

function remove(value: unknown, path: string[]): boolean {
  const [key, ...rest] = path;
  if (key === undefined || typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return false;
  const holder = value as JsonObject;
  if (rest.length > 0) return remove(holder[key], rest);
  if (Array.isArray(value)) value.splice(Number(key), 1);
  else delete holder[key];
  return true;
}

function structuredCloneJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function unescape(segment: string): string {
  return segment.replaceAll('~1', '/').replaceAll('~0', '~');
}
