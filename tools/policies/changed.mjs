import { execFileSync } from 'node:child_process';

/** Which rows of which files below a folder differ from a revision; rows are undefined for a file it does not have. */
export function changedSince(revision, folder) {
  const git = (...args) => execFileSync('git', ['-C', folder, ...args], { encoding: 'utf8', maxBuffer: 1 << 26 });
  git('rev-parse', '--verify', '--quiet', `${revision}^{commit}`);
  const rows = new Map();
  let path = '';
  for (const line of git('diff', '--unified=0', '--no-color', '--no-ext-diff', '--relative', revision, '--', '.').split(
    '\n',
  )) {
    if (line.startsWith('+++ ')) path = line.replace(/^\+\+\+ (b\/)?/, '');
    const [, from, count = '1'] = /^@@ -\S+ \+(\d+)(?:,(\d+))? @@/.exec(line) ?? [];
    if (from === undefined) continue;
    // Where lines were only taken away, what is before and after them has changed.
    const last = Number(from) + Math.max(Number(count) - 1, count === '0' ? 1 : 0);
    rows.set(path, [...(rows.get(path) ?? []), [Number(from), last]]);
  }
  const untracked = git('ls-files', '--others', '--exclude-standard', '.').split('\n').filter(Boolean);
  for (const one of untracked) rows.set(one, undefined);
  return rows;
}

/** Whether a mutant is of a rule that has changed. */
export function touches(rows, { file, rows: [from, to] }) {
  if (!rows.has(file)) return false;
  return rows.get(file)?.some(([start, end]) => start <= to && end >= from) ?? true;
}
