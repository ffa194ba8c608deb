import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ENTRYPOINT } from './instance.js';

// A policy folder as it is compiled: its packages and data, together with the library that combines them.

/** The folder of policies this product ships. */
export const SHIPPED = fileURLToPath(new URL('../../../policies', import.meta.url));
/** The package that combines rules. It is always ours: a copy in somebody's folder is left out. */
const LIBRARY = 'countersign';

export interface Sources {
  /** Content by path with forward slashes: `policies/…` from the folder, `countersign/…` from the library. */
  files: Map<string, string>;
  /** What the content comes to: "source:sha256:" and hex. The same on every machine, whatever its line ends. */
  digest: string;
  /** The same for the rules alone, without the data. */
  codeDigest: string;
  areas: string[];
}

/** Reads the Rego and data of a folder, without its tests. Undefined when it holds no Rego. */
export async function readSources(folder: string, library = join(SHIPPED, LIBRARY)): Promise<Sources | undefined> {
  const own = [...(await readTree(folder))].filter(([, text]) => !isLibrary(text));
  if (!own.some(([path]) => path.endsWith('.rego'))) return undefined;
  const files = new Map(own.map(([path, text]) => [`policies/${path}`, text]));
  for (const [path, text] of await readTree(library)) files.set(`${LIBRARY}/${path}`, text);
  const code = [...files].filter(([path]) => path.endsWith('.rego'));
  return { files, digest: digestOf(files), codeDigest: digestOf(code), areas: areasOf(files.values()) };
}

function digestOf(files: Iterable<[string, string]>): string {
  const digest = createHash('sha256').update(`${ENTRYPOINT}\n`);
  for (const [path, text] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    digest.update(`${path}\n${Buffer.byteLength(text)}\n${text}`);
  }
  return `source:sha256:${digest.digest('hex')}`;
}

/** The areas that Rego texts have packages for. */
export function areasOf(texts: Iterable<string>): string[] {
  const areas = new Set<string>();
  for (const text of texts) {
    const area = /^policies\.(\w+)/.exec(packageOf(text))?.[1];
    if (area !== undefined) areas.add(area);
  }
  return [...areas].sort();
}

/** The packages that Rego texts are in. */
export function packagesOf(texts: Iterable<string>): string[] {
  return [...new Set([...texts].map(packageOf))].filter(Boolean);
}

function isLibrary(text: string): boolean {
  return new RegExp(`^${LIBRARY}(\\.|$)`).test(packageOf(text));
}

function packageOf(text: string): string {
  return /^package[ \t]+([\w.]+)/m.exec(text)?.[1] ?? '';
}

// Only what opa would take from a bundle: other YAML or JSON beside the policies is not theirs.
async function readTree(folder: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    const name = relative(folder, path).replaceAll('\\', '/');
    const hidden = name.split('/').some((part) => part.startsWith('.') || part === 'node_modules');
    const wanted = (name.endsWith('.rego') && !name.endsWith('_test.rego')) || /(^|\/)data\.(json|ya?ml)$/.test(name);
    if (hidden || !wanted || entry.isDirectory()) continue;
    files.set(name, (await readFile(path, 'utf8')).replaceAll('\r\n', '\n'));
  }
  return files;
}
