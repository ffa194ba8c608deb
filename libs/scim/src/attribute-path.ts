import { COMMON, extensionOf, named, type Attribute, type ResourceType, type Schema } from './schema.js';

/** Where a value is: an attribute, perhaps of an extension, perhaps only one part of it. */
export interface AttributePath {
  /** Absent for what every resource has and for the schema of the type itself. */
  extension?: Schema;
  /** Absent: everything the extension says. */
  attribute?: Attribute;
  part?: Attribute;
}

/** What a path such as `name.givenName` or `urn:…:enterprise:2.0:User:manager.value` points at, if there is such a thing. */
export function resolvePath(type: ResourceType, text: string): AttributePath | undefined {
  if (!/^urn:/i.test(text)) return within(undefined, [...COMMON, ...type.schema.attributes], text);
  const extension = extensionOf(type, text);
  if (extension) return { extension };
  // The URN has dots and colons of its own: the attribute begins after the last colon.
  const colon = text.lastIndexOf(':');
  const [urn, rest] = [text.slice(0, colon), text.slice(colon + 1)];
  if (urn.toLowerCase() === type.schema.id.toLowerCase())
    return within(undefined, [...COMMON, ...type.schema.attributes], rest);
  const owner = extensionOf(type, urn);
  return owner && within(owner, owner.attributes, rest);
}

function within(
  extension: Schema | undefined,
  attributes: readonly Attribute[],
  text: string,
): AttributePath | undefined {
  const [name = '', sub, ...more] = text.split('.');
  const attribute = named(attributes, name);
  if (!attribute || more.length > 0) return undefined;
  const path = extension ? { extension, attribute } : { attribute };
  if (sub === undefined) return path;
  const part = named(attribute.subAttributes ?? [], sub);
  return part && { ...path, part };
}

/** The value of the attribute, whole. */
export function valueAt(resource: Record<string, unknown>, { extension, attribute }: AttributePath): unknown {
  const holder = extension ? (resource[extension.id] as Record<string, unknown> | undefined) : resource;
  return attribute ? holder?.[attribute.name] : holder;
}
