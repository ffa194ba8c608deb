import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

// What is broken together, and which tests have to notice.

/** What every decision passes through, whatever its area. */
const ALWAYS = ['countersign', 'guardrails', 'policies.everywhere'];
/** Looked up by area, so a mention of it names no package. */
const ROUTED = new Set(['data.policies', 'data.lib']);
const LIBRARY = 'lib';

/** Content by path of all that runs, tests or is read. The package that combines rules is ours where the folder has none. */
export async function readFolder(folder, shipped) {
  const files = await readTree(folder);
  if ([...files.keys()].some((path) => path.startsWith('countersign/'))) return files;
  for (const [path, text] of await readTree(join(shipped, 'countersign'))) {
    if (!isTest(path)) files.set(`countersign/${path}`, text);
  }
  return files;
}

/**
 * A unit is a pack, or one subject of the library: `{name, sources, suites}`. Its own suite comes first; for the library,
 * those of the packs that use it follow. A suite is `{name, levels, tests, cases}`, where levels are the files that its
 * tests might get by with, the fewest first: what does not have to be compiled for every mutant saves most of the time.
 */
export function unitsOf(files) {
  const rego = [...files.keys()].filter((path) => path.endsWith('.rego'));
  const sources = rego.filter((path) => !isTest(path));
  const needs = closures(files, sources);
  const names = [...new Set(sources.map(unitName))].sort();
  const suites = new Map(names.map((name) => [name, suiteOf(name, files, sources, needs)]));
  return names.map((name) => {
    const own = sources.filter((path) => unitName(path) === name);
    const users = names.filter((user) => !isLibrary(user) && own.some((path) => suites.get(user).levels[0].has(path)));
    const others = isLibrary(name) ? users.map((user) => suites.get(user)) : [];
    return { name, sources: own, suites: [suites.get(name), ...others] };
  });
}

function suiteOf(name, files, sources, needs) {
  const own = sources.filter((path) => unitName(path) === name);
  const tests = [...files.keys()].filter((path) => {
    if (!isTest(path)) return false;
    if (!isLibrary(name)) return unitName(path) === name;
    return path.startsWith(`${LIBRARY}/`) && own.some((one) => needs(path).has(one));
  });
  const cases = [...files.keys()].filter((path) => path.endsWith('.cases.yaml') && unitName(path) === name);
  const asking = [...tests, ...cases];
  const needed = new Set([...own, ...tests].flatMap((path) => [...needs(path)]));
  const routed = new Set(needed);
  for (const path of sources) {
    const name = packageOf(files.get(path));
    if (ALWAYS.some((one) => within(name, one))) needed.add(path);
    if (asking.some((one) => asks(files.get(one), name))) for (const one of needs(path)) routed.add(one);
  }
  const loaded = (path) => isData(path) || tests.includes(path);
  const pick = (wanted) => new Map([...files].filter(([path]) => loaded(path) || wanted.has(path)));
  const levels = [needed, new Set([...needed, ...routed]), new Set(sources)].map(pick);
  return { name, levels, tests, cases: cases.map((path) => [path, files.get(path)]) };
}

/** Packages are looked up by the first part of an action's name, which tests write as text. */
function asks(text, name) {
  const area = /^policies\.(\w+)$/.exec(name)?.[1];
  return area !== undefined && new RegExp(`("|name: ?)${area}\\.[a-z_]`).test(text);
}

/** Which sources a file needs, itself included when it is one. */
function closures(files, sources) {
  const packages = new Map(sources.map((path) => [path, packageOf(files.get(path))]));
  const direct = (path) => {
    const mentioned = files.get(path).match(/\bdata\.[a-z_][\w.]*/g) ?? [];
    return sources.filter((one) => mentioned.some((ref) => mentions(ref, `data.${packages.get(one)}`)));
  };
  return (path) => {
    const found = new Set(sources.includes(path) ? [path] : []);
    const left = [path];
    while (left.length > 0) {
      for (const one of direct(left.pop())) {
        if (found.has(one)) continue;
        found.add(one);
        left.push(one);
      }
    }
    return found;
  };
}

function mentions(ref, name) {
  return within(ref, name) || (!ROUTED.has(ref) && within(name, ref));
}

function within(name, outer) {
  return name === outer || name.startsWith(`${outer}.`);
}

/** "iam", and "lib/sql" for lib/sql/tokens.rego as for lib/sql.rego. */
export function unitName(path) {
  const [first, second = ''] = path.split('/');
  return first === LIBRARY ? `${first}/${second.replace(/\..*$/, '')}` : first.replace(/\..*$/, '');
}

function isLibrary(name) {
  return name.startsWith(`${LIBRARY}/`);
}

function isTest(path) {
  return path.endsWith('_test.rego');
}

function isData(path) {
  return /(^|\/)data\.(json|ya?ml)$/.test(path);
}

function packageOf(text) {
  return /^package[ \t]+([\w.]+)/m.exec(text)?.[1] ?? '';
}

async function readTree(folder) {
  const files = new Map();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = relative(folder, path).replaceAll('\\', '/');
    const hidden = name.split('/').some((part) => part.startsWith('.') || part === 'node_modules');
    const wanted = name.endsWith('.rego') || name.endsWith('.cases.yaml') || isData(name);
    if (entry.isFile() && wanted && !hidden) files.set(name, (await readFile(path, 'utf8')).replaceAll('\r\n', '\n'));
  }
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
}
