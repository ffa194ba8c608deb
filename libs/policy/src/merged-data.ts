import { structuredText } from './signature/structured.js';
import { packagesOf } from './sources.js';

type Documents = Record<string, unknown>;

/**
 * The data of a staged policy folder as opa would merge them: the document of `policies/a/data.json` is at `data.a`.
 * Undefined when only opa can say: for YAML, for documents or packages that meet in one place, for numbers that would not
 * come out as they went in, and for anything that is wrong.
 */
export function mergedData(files: ReadonlyMap<string, string>): string | undefined {
  const merged: Documents = {};
  for (const [path, text] of files) {
    const [, place, kind] = /^[^/]+\/(.*?\/?)data\.(json|ya?ml)$/.exec(path) ?? [];
    if (place === undefined) continue;
    const document = kind === 'json' ? exactly(text) : undefined;
    const keys = place.split('/').filter(Boolean);
    const mounted = keys.reduceRight<unknown>((inner, key) => ({ [key]: inner }), document);
    if (document === undefined || !isDocuments(mounted) || !merge(merged, mounted)) return undefined;
  }
  const packages = new Set(packagesOf(files.values()).map((name) => name.split('.')[0]));
  if (Object.keys(merged).some((key) => packages.has(key))) return undefined;
  return JSON.stringify(merged);
}

function exactly(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    const again = Buffer.from(JSON.stringify(value));
    return structuredText(again) === structuredText(Buffer.from(text)) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** False when both say something about the same place. */
function merge(into: Documents, more: Documents): boolean {
  return Object.entries(more).every(([key, value]) => {
    if (key === '__proto__') return false;
    if (!Object.hasOwn(into, key)) {
      into[key] = value;
      return true;
    }
    const there = into[key];
    return isDocuments(there) && isDocuments(value) && merge(there, value);
  });
}

function isDocuments(value: unknown): value is Documents {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
