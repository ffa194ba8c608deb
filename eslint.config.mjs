// What the compiler cannot see: which way dependencies may point, where the outside world may be touched, and promises
// nobody waits for. The boundary rule reads Nx's cached project graph and is silent without one: tools/lint.mjs makes it
// first. A rule is here only if breaking it would be a bug or would move a wall; style belongs to the formatter.
import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';

/**
 * apps -> shell -> adapters -> contract -> core; never sideways, never up. Only a composition may take in apps. A client is
 * what other systems take with them: it knows the ledger's canonical bytes and nothing else of ours, and we may use it too.
 */
const BELOW_ADAPTERS = ['type:client', 'type:contract', 'type:core'];
const LAYERS = [
  { sourceTag: 'type:core', onlyDependOnLibsWithTags: ['type:core'] },
  { sourceTag: 'type:client', onlyDependOnLibsWithTags: ['lib:ledger'] },
  { sourceTag: 'type:contract', onlyDependOnLibsWithTags: ['type:core'] },
  { sourceTag: 'type:adapter', onlyDependOnLibsWithTags: BELOW_ADAPTERS },
  { sourceTag: 'type:shell', onlyDependOnLibsWithTags: ['type:adapter', ...BELOW_ADAPTERS] },
  { sourceTag: 'type:app', onlyDependOnLibsWithTags: ['type:shell', 'type:adapter', ...BELOW_ADAPTERS] },
  {
    sourceTag: 'type:composition',
    onlyDependOnLibsWithTags: ['type:app', 'type:shell', 'type:adapter', ...BELOW_ADAPTERS],
  },
];

/** A foreign library has one home, so it can be replaced there. Everybody else goes through our own port. */
const HOMES = [
  { home: 'store', packages: ['pg', 'pg-*', 'typeorm'] },
  { home: 'bus', packages: ['kafkajs'] },
  { home: 'policy', packages: ['re2js'] },
].map(({ home, packages }) => ({
  sourceTag: `/^(lib|app):(?!${home}$)/`,
  onlyDependOnLibsWithTags: ['*'],
  bannedExternalImports: packages,
}));

const NEST_IN_APPS_AND_SHELL = {
  sourceTag: '/^lib:(?!service$)/',
  onlyDependOnLibsWithTags: ['*'],
  bannedExternalImports: ['@nestjs/*'],
};

/** The core is arithmetic on values: it takes nothing from outside, not even from npm. Nor does what others take with them. */
const coreTakes = (packages) => ({
  sourceTag: '/^type:(core|client)$/',
  onlyDependOnLibsWithTags: ['type:core'],
  allowedExternalImports: packages,
});

const boundaries = (allow, ...more) => ({
  '@nx/enforce-module-boundaries': ['error', { allow, depConstraints: [...LAYERS, NEST_IN_APPS_AND_SHELL, ...more] }],
});

const ENVIRONMENT = {
  selector: 'MemberExpression[object.name="process"][property.name="env"]',
  message: 'The environment is read once, by settings.ts or config.ts, and passed on as values.',
};
const IMPURE = [
  { selector: 'NewExpression[callee.name="Date"][arguments.length=0]', message: 'Time is an argument in the core.' },
  {
    selector: 'CallExpression[callee.object.name="Date"][callee.property.name="now"]',
    message: 'Time is an argument in the core.',
  },
  {
    selector: 'MemberExpression[object.name="Math"][property.name="random"]',
    message: 'Chance is an argument in the core.',
  },
  { selector: ':function[async=true]', message: 'Nothing in the core waits.' },
];
const noBuiltins = (allowed) => ({
  'no-restricted-imports': [
    'error',
    {
      patterns: [
        {
          regex: `^node:(?!(${allowed.join('|')})$)`,
          message: 'The core, and what others take with them, touches nothing outside itself.',
        },
      ],
    },
  ],
});

export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', '**/gen/**', '.nx/**', '.countersign/**'] },
  {
    files: ['**/*.ts', '**/*.mts'],
    extends: [tseslint.configs.base],
    plugins: { '@nx': nx },
    languageOptions: { parserOptions: { project: './tsconfig.all.json', tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      ...boundaries([], coreTakes([]), ...HOMES),
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/ban-ts-comment': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true, argsIgnorePattern: '^_' }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
    },
  },
  {
    files: ['{apps,libs}/*/src/**/*.ts'],
    ignores: ['**/*.test.ts', '**/config.ts', '**/settings.ts', 'apps/*/src/main.ts'],
    rules: { 'no-restricted-syntax': ['error', ENVIRONMENT] },
  },
  {
    files: ['{apps,libs}/*/src/**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: { 'no-console': 'error' },
  },
  {
    files: ['{apps,libs}/*/src/**/*.ts'],
    ignores: ['libs/policy/src/**', '**/*.test.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        { name: 'WebAssembly', message: 'Policy is evaluated in libs/policy, behind its port.' },
      ],
    },
  },
  {
    files: ['libs/{approval,ledger,scim}/src/**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: {
      'no-restricted-syntax': ['error', ENVIRONMENT, ...IMPURE],
      'no-restricted-globals': [
        'error',
        'WebAssembly',
        'process',
        'fetch',
        'setTimeout',
        'setInterval',
        'setImmediate',
        'performance',
      ],
    },
  },
  { files: ['libs/{approval,scim}/src/**/*.ts'], ignores: ['**/*.test.ts'], rules: noBuiltins([]) },
  { files: ['libs/{ledger,grant}/src/**/*.ts'], ignores: ['**/*.test.ts'], rules: noBuiltins(['crypto']) },
  {
    files: ['**/*.test.ts', 'libs/*/test/**/*.ts'],
    // The servers and fakes in test/ and tools/ belong to no part, and only tests may use them. A test may look behind a
    // port at the database or the broker itself.
    rules: boundaries(['(\\.\\./)+(test|tools)/.*'], coreTakes(['vitest', 'fast-check'])),
  },
);
