// npm run lint: one pass over everything, with an up-to-date project graph for the boundary rule, which says nothing at all
// when there is none and knows only old tags when it is old. One eslint process here takes a third of one a project.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const run = (path, args, stdio) =>
  spawnSync(process.execPath, [join(ROOT, 'node_modules', path), ...args], { cwd: ROOT, stdio, encoding: 'utf8' });

const graph = run('nx/dist/bin/nx.js', ['show', 'projects'], 'pipe');
if (graph.status !== 0) {
  console.error(`the project graph cannot be made: ${graph.stderr}`);
  process.exit(1);
}
const paths = process.argv.slice(2);
process.exit(run('eslint/bin/eslint.js', paths.length > 0 ? paths : ['.'], 'inherit').status ?? 1);
