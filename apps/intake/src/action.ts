import type { JsonObject } from '@bufbuild/protobuf';
import { canonicalize, digestOf, isCanonicalObject, JsonProblem, parseStrict, quote } from '@countersign/ledger';
import type { Action, Resource, Subject } from '@countersign/contract';
import type { Violations } from './violations.js';

// The action as canonical text. The pieces are made once and then only put together: for the digest, for policy, for the
// record. What is hashed is, byte for byte, what was evaluated and recorded.

/** A free-form member: structure or exact text. */
interface FreeForm {
  case?: string | undefined;
  value?: unknown;
}

export interface ActionMessage {
  subject?: Subject;
  action?: Action;
  resource?: Resource;
  argumentsForm: FreeForm;
  contextForm: FreeForm;
}

/** Canonical texts; an absent or empty free-form member is the empty string. */
export interface ActionTexts {
  subjectId: string;
  subjectType: string;
  actionName: string;
  resourceType: string;
  resourceId: string;
  subject: string;
  action: string;
  resource: string;
  context: string;
  /** base64url SHA-256 of {action, context, resource, subject}, with the binding members of context only. */
  digest: string;
}

const NAME = /^[a-z0-9_]+(\.[a-z0-9_]+)*$/;

/** Reads the action of a request; what is wrong with it goes to `found`. `caller` is the subject when none is named. */
export function readAction(
  message: ActionMessage,
  caller: string,
  binding: readonly string[],
  found: Violations,
): ActionTexts {
  const { subject, action, resource } = message;
  const subjectId = subject && (subject.id !== '' || subject.type !== '') ? subject.id : caller;
  const subjectType = subject?.type || 'agent';
  const actionName = action?.name ?? '';
  found.id('subject.id', subjectId);
  found.text('subject.type', subjectType, 256);
  if (actionName === '') found.add('action.name', 'is required');
  else if (actionName.length > 256 || !NAME.test(actionName)) {
    found.add('action.name', 'is not a dotted lower-case name of at most 256 characters, like "db.delete"');
  }
  if (!resource) found.add('resource', 'is required');
  else {
    found.id('resource.type', resource.type);
    found.id('resource.id', resource.id);
  }
  const args = freeForm('arguments', message.argumentsForm, found);
  const context = freeForm('context', message.contextForm, found);
  const subjectProperties = subject ? freeForm('subject.properties', subject.propertiesForm, found) : '';
  const resourceProperties = resource ? freeForm('resource.properties', resource.propertiesForm, found) : '';
  found.settle();

  const texts = {
    subject: entity(subjectId, subjectProperties, subjectType),
    action: `{"name":"${actionName}"${args && `,"properties":${args}`}}`,
    resource: entity(resource!.id, resourceProperties, resource!.type),
    context,
  };
  const boundSubject = subjectProperties.includes('"act"')
    ? entity(subjectId, withoutActor(subjectProperties), subjectType)
    : texts.subject;
  const bound = `{"action":${texts.action},"context":${bindingMembers(context, binding)},"resource":${texts.resource},"subject":${boundSubject}}`;
  return {
    ...texts,
    subjectId,
    subjectType,
    actionName,
    resourceType: resource!.type,
    resourceId: resource!.id,
    digest: digestOf(bound),
  };
}

function entity(id: string, properties: string, type: string): string {
  return `{"id":${quote(id)}${properties && `,"properties":${properties}`},"type":${quote(type)}}`;
}

/** The canonical text of a free-form member, or the empty string when there is nothing in it. */
function freeForm(field: string, form: FreeForm, found: Violations): string {
  if (!form.case) return '';
  const isExact = form.case.endsWith('Json');
  const name = isExact ? `${field}_json` : field;
  const text = isExact
    ? exactText(name, form.value as string, found)
    : structText(name, form.value as JsonObject, found);
  found.json(name, text);
  return text === '{}' ? '' : text;
}

function exactText(field: string, text: string, found: Violations): string {
  if (isCanonicalObject(text)) return text;
  try {
    const value = parseStrict(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return canonicalize(value);
    found.add(field, 'is not a JSON object');
  } catch (error) {
    if (!(error instanceof JsonProblem)) throw error;
    found.add(field, `is not the JSON we take: ${error.message}`);
  }
  return '';
}

function structText(field: string, value: JsonObject, found: Violations): string {
  try {
    const text = canonicalize(value);
    // The same bounds as for exact text, applied to the same form.
    return isCanonicalObject(text) ? text : exactText(field, text, found);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    found.add(field, error.message);
    return '';
  }
}

/** `subject.properties.act` is who acts for whom, not what is done: it is recorded, and does not bind (ARAP). */
function withoutActor(properties: string): string {
  const { act: _, ...rest } = JSON.parse(properties) as Record<string, unknown>;
  const text = canonicalize(rest);
  return text === '{}' ? '' : text;
}

function bindingMembers(context: string, binding: readonly string[]): string {
  if (context === '' || binding.length === 0) return '{}';
  const all = JSON.parse(context) as Record<string, unknown>;
  return canonicalize(
    Object.fromEntries(binding.filter((name) => Object.hasOwn(all, name)).map((name) => [name, all[name]])),
  );
}
