import type { Bundle } from '../bundle.js';
import { unpack } from '../tarball.js';

const PACKAGE = /^package[ \t]+([\w.]+)/m;

/** The titles that rules have in their metadata, by package and then by the id the rule gives itself. */
export function titlesOf({ archive }: Pick<Bundle, 'archive'>): Map<string, Map<string, string>> {
  const titles = new Map<string, Map<string, string>>();
  for (const [path, bytes] of unpack(archive)) {
    const text = bytes.toString('utf8');
    const name = PACKAGE.exec(text)?.[1];
    if (!path.endsWith('.rego') || name === undefined) continue;
    const known = titles.get(name) ?? new Map<string, string>();
    for (const [id, title] of titledRules(text)) known.set(id, title);
    titles.set(name, known);
  }
  return titles;
}

/** Metadata stand right before what they describe. Only a rule with an id of its own is found again by it. */
function* titledRules(text: string): Generator<[id: string, title: string]> {
  for (const block of text.split(/^# METADATA[ \t]*$/m).slice(1)) {
    const lines = block.split('\n').slice(1);
    const end = lines.findIndex((line) => !line.startsWith('#'));
    const title = /^# title:[ \t]*(.+)$/m.exec(lines.slice(0, end).join('\n'))?.[1];
    const id = /"rule":[ \t]*"([^"\\]{1,80})"/.exec(lines.slice(end).join('\n'))?.[1];
    if (title !== undefined && id !== undefined) yield [id, title.trim().replace(/^(['"])(.*)\1$/, '$2')];
  }
}
