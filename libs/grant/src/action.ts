import { canonicalize, digestOf, isCanonicalObject } from '@countersign/ledger';

type Members = Record<string, unknown>;

/** The action about to run, in the names of OpenID AuthZEN: `action.properties` are its arguments. */
export interface Action {
  /** Absent: the agent of the grant. Give it when you know who calls you. */
  subject?: { type?: string; id: string; properties?: Members };
  action: { name: string; properties?: Members };
  resource: { type: string; id: string; properties?: Members };
  context?: Members;
}

/**
 * The `action_hash` of an action: SHA-256 over its canonical form (RFC 8785), with only those members of the context that
 * bind. Undefined for values that JSON does not carry exactly: two different actions must never have one hash.
 */
export function actionDigest(action: Action, agent: string, binding: readonly string[] = []): string | undefined {
  const { subject = { id: agent }, action: what, resource, context = {} } = action;
  const { act: _, ...properties } = subject.properties ?? {};
  try {
    const text = canonicalize({
      action: { name: what.name, properties: filled(what.properties) },
      context: Object.fromEntries(binding.filter((name) => Object.hasOwn(context, name)).map((n) => [n, context[n]])),
      resource: { id: resource.id, type: resource.type, properties: filled(resource.properties) },
      subject: { id: subject.id, type: subject.type ?? 'agent', properties: filled(properties) },
    });
    return isCanonicalObject(text) ? digestOf(text) : undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Properties with nothing in them are no properties. */
function filled(members: Members | undefined): Members | undefined {
  return members && Object.keys(members).length > 0 ? members : undefined;
}
