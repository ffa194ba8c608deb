import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const BOUNDARY = '@nx/enforce-module-boundaries';
const IMPORT = 'no-restricted-imports';
const SYNTAX = 'no-restricted-syntax';

interface Snippet {
  file: string;
  code: string;
}

// Lints in a process of its own: Nx hands the test runner's resolve conditions on to its plugins, which then hang. The
// rules under test need no types, and loading those of the whole repository would take most of the time.
const LINT = `
  import { ESLint } from 'eslint';
  import tseslint from 'typescript-eslint';
  import { text } from 'node:stream/consumers';
  const eslint = new ESLint({ overrideConfig: [tseslint.configs.disableTypeChecked] });
  const rules = [];
  for (const { file, code } of JSON.parse(await text(process.stdin))) {
    const [result] = await eslint.lintText(code, { filePath: file });
    rules.push(result.messages.map(({ ruleId, message }) => ruleId ?? message));
  }
  process.stdout.write(JSON.stringify(rules));
`;

function node(args: string[], input = ''): string {
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'] };
  const result = spawnSync(process.execPath, args, { cwd: ROOT, env, input, encoding: 'utf8', timeout: 110_000 });
  if (result.status !== 0) throw new Error(`${args.join(' ').slice(0, 80)}: ${result.error ?? result.stderr}`);
  return result.stdout;
}

const snippets: Snippet[] = [];
const objections = new Map<Snippet, string[]>();

function snippet(file: string, code: string): Snippet {
  const added = { file, code };
  snippets.push(added);
  return added;
}

beforeAll(() => {
  node(['node_modules/nx/dist/bin/nx.js', 'show', 'projects']);
  const rules = JSON.parse(node(['--input-type=module', '-e', LINT], JSON.stringify(snippets))) as string[][];
  snippets.forEach((each, index) => objections.set(each, rules[index]!));
}, 240_000);

const imports = (name: string) => `import * as it from '${name}';\nexport const used = it;\n`;

describe('a forbidden import fails the lint', () => {
  test.each(
    [
      ['the core imports a framework', 'libs/approval/src/index.ts', '@nestjs/common', BOUNDARY],
      ['the core imports any package', 'libs/ledger/src/index.ts', 'zod', BOUNDARY],
      ['the core reads files', 'libs/approval/src/index.ts', 'node:fs', IMPORT],
      ['the rules hash by themselves', 'libs/approval/src/index.ts', 'node:crypto', IMPORT],
      ['the ledger opens sockets', 'libs/ledger/src/index.ts', 'node:net', IMPORT],
      ['the core imports an adapter', 'libs/approval/src/index.ts', '@countersign/store', BOUNDARY],
      ['the core imports the contract', 'libs/ledger/src/index.ts', '@countersign/contract', BOUNDARY],
      ['what others take with them imports a package', 'libs/grant/src/index.ts', 'zod', BOUNDARY],
      ['what others take with them imports the rules', 'libs/grant/src/index.ts', '@countersign/approval', BOUNDARY],
      ['what others take with them imports the contract', 'libs/grant/src/index.ts', '@countersign/contract', BOUNDARY],
      ['what others take with them reads files', 'libs/grant/src/index.ts', 'node:fs', IMPORT],
      ['the core imports what others take with them', 'libs/ledger/src/index.ts', '@countersign/grant', BOUNDARY],
      ['the contract imports an adapter', 'libs/contract/src/index.ts', '@countersign/bus', BOUNDARY],
      ['an adapter imports another adapter', 'libs/bus/src/index.ts', '@countersign/store', BOUNDARY],
      ['an adapter imports the shell', 'libs/store/src/index.ts', '@countersign/service', BOUNDARY],
      ['an adapter imports the framework', 'libs/store/src/index.ts', '@nestjs/common', BOUNDARY],
      ['the shell imports an app', 'libs/service/src/index.ts', '@countersign/app-intake', BOUNDARY],
      ['an app imports another app', 'apps/notifier/src/index.ts', '@countersign/app-intake', BOUNDARY],
      ['an app imports the composition', 'apps/cli/src/index.ts', '@countersign/app-standalone', BOUNDARY],
      ['an app reaches another app by path', 'apps/notifier/src/index.ts', '../../intake/src/index.js', BOUNDARY],
      [
        'an app reaches into a library by path',
        'apps/intake/src/index.ts',
        '../../../libs/store/src/postgres.js',
        BOUNDARY,
      ],
      ['the bus speaks SQL', 'libs/bus/src/index.ts', 'pg', BOUNDARY],
      ['an app speaks SQL', 'apps/intake/src/index.ts', 'typeorm', BOUNDARY],
      ['an app speaks Kafka', 'apps/audit/src/index.ts', 'kafkajs', BOUNDARY],
      ['the store speaks Kafka', 'libs/store/src/index.ts', 'kafkajs', BOUNDARY],
      ['an app matches patterns of policy by itself', 'apps/decision/src/index.ts', 're2js', BOUNDARY],
      ['product code uses the test fakes', 'apps/notifier/src/index.ts', '../../../test/fakes/index.js', BOUNDARY],
    ].map(([what, file, name, rule]) => ({ what, rule, code: snippet(file!, imports(name!)) })),
  )('$what', ({ code, rule }) => {
    expect(objections.get(code)).toContain(rule);
  });
});

describe('a permitted import passes', () => {
  test.each(
    [
      ['the ledger hashes', 'libs/ledger/src/index.ts', 'node:crypto'],
      ['what others take with them hashes', 'libs/grant/src/index.ts', 'node:crypto'],
      ['what others take with them knows canonical bytes', 'libs/grant/src/index.ts', '@countersign/ledger'],
      ['an app uses what others take with them', 'apps/intake/src/index.ts', '@countersign/grant'],
      ['the store speaks SQL', 'libs/store/src/index.ts', 'pg'],
      ['the bus speaks Kafka', 'libs/bus/src/index.ts', 'kafkajs'],
      ['policy matches patterns', 'libs/policy/src/index.ts', 're2js'],
      ['an adapter imports the core', 'libs/store/src/index.ts', '@countersign/approval'],
      ['the shell uses the framework', 'libs/service/src/index.ts', '@nestjs/common'],
      ['an app uses an adapter', 'apps/audit/src/index.ts', '@countersign/store'],
      ['the composition takes in an app', 'apps/standalone/src/index.ts', '@countersign/app-intake'],
      ['a core test uses the test runner', 'libs/approval/src/rules.test.ts', 'vitest'],
    ].map(([what, file, name]) => ({ what, code: snippet(file!, imports(name!)) })),
  )('$what', ({ code }) => {
    expect(objections.get(code)).toEqual([]);
  });
});

describe('the outside world is touched only where it may be', () => {
  test.each(
    [
      ['a rule reads the clock', 'libs/approval/src/index.ts', 'export const at = new Date();', SYNTAX],
      ['a rule reads the clock as a number', 'libs/approval/src/index.ts', 'export const at = Date.now();', SYNTAX],
      ['a rule waits', 'libs/approval/src/index.ts', 'export async function wait() {}', SYNTAX],
      ['the ledger throws dice', 'libs/ledger/src/index.ts', 'export const n = Math.random();', SYNTAX],
      [
        'a rule looks at the process',
        'libs/approval/src/index.ts',
        'export const n = process.pid;',
        'no-restricted-globals',
      ],
      [
        'an app evaluates policy by itself',
        'apps/decision/src/index.ts',
        'export const run = WebAssembly;',
        'no-restricted-globals',
      ],
      ['an adapter reads the environment', 'libs/store/src/index.ts', 'export const url = process.env.URL;', SYNTAX],
      ['an app prints', 'apps/intake/src/index.ts', "console.log('x');", 'no-console'],
      [
        'a type is switched off',
        'apps/intake/src/index.ts',
        'export const x = 1 as any;',
        '@typescript-eslint/no-explicit-any',
      ],
    ].map(([what, file, code, rule]) => ({ what, rule, code: snippet(file!, code!) })),
  )('$what: refused', ({ code, rule }) => {
    expect(objections.get(code)).toContain(rule);
  });

  const settings = snippet('libs/service/src/settings.ts', 'export const url = process.env.URL;');
  test('the settings read the environment: allowed', () => {
    expect(objections.get(settings)).toEqual([]);
  });
});
