import { resolvePath } from './attribute-path.js';
import { COMMON, named, type Attribute, type Resource, type ResourceType } from './schema.js';

/** What a client wants to see (RFC 7644 §3.9), as it said it: names, comma-separated or in a list. */
export interface Selection {
  attributes?: string[];
  excludedAttributes?: string[];
}

/** Whether anything of an attribute is wanted; what is not wanted need not be found out. */
export function wants(type: ResourceType, selection: Selection, name: string): boolean {
  return present(type, { [name]: [{ value: '' }] }, selection)[name] !== undefined;
}

/** Of a whole resource, what the client wants to see and may. What it names and there is not, is not there. */
export function present(type: ResourceType, resource: Resource, selection: Selection): Resource {
  const { attributes = [], excludedAttributes = [] } = selection;
  if (attributes.length > 0) return only(type, resource, attributes);
  if (excludedAttributes.length > 0) return without(type, resource, excludedAttributes);
  return resource;
}

function only(type: ResourceType, resource: Resource, names: string[]): Resource {
  const shown: Resource = {};
  const known = [...COMMON, ...type.schema.attributes];
  for (const [name, value] of Object.entries(resource))
    if (named(known, name)?.returned === 'always') shown[name] = value;
  for (const text of names) {
    const path = resolvePath(type, text);
    if (!path) continue;
    const { extension, attribute, part } = path;
    const from = extension ? (resource[extension.id] as Resource | undefined) : resource;
    if (!from) continue;
    if (!attribute) shown[extension!.id] = from;
    else if (from[attribute.name] !== undefined) {
      const to = extension ? ((shown[extension.id] ??= {}) as Resource) : shown;
      to[attribute.name] = part ? merged(to[attribute.name], from[attribute.name], part) : from[attribute.name];
    }
  }
  return shown;
}

/** One part more of an attribute that may already show others. */
function merged(shown: unknown, from: unknown, part: Attribute): unknown {
  if (Array.isArray(from))
    return from.map((each, i) => merged((shown as unknown[] | undefined)?.[i], each, part) as Resource);
  const value = (from as Resource)[part.name];
  return { ...(shown as object), ...(value === undefined ? {} : { [part.name]: value }) };
}

function without(type: ResourceType, resource: Resource, names: string[]): Resource {
  const shown = { ...resource };
  for (const text of names) {
    const path = resolvePath(type, text);
    if (!path) continue;
    const { extension, attribute, part } = path;
    if (attribute?.returned === 'always') continue;
    if (!attribute) {
      delete shown[extension!.id];
      continue;
    }
    const holder = extension ? { ...(shown[extension.id] as Resource | undefined) } : shown;
    const value = holder[attribute.name];
    if (part && value !== undefined) holder[attribute.name] = lacking(value, part.name);
    else delete holder[attribute.name];
    if (extension) {
      if (Object.keys(holder).length > 0) shown[extension.id] = holder;
      else delete shown[extension.id];
    }
  }
  return shown;
}

function lacking(value: unknown, part: string): unknown {
  if (Array.isArray(value)) return value.map((each) => lacking(each, part));
  const { [part]: _, ...rest } = value as Resource;
  return rest;
}
