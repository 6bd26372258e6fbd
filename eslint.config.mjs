import eslint from '@eslint/js';
import { createProjectGraphAsync } from '@nx/devkit';
import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';
import { APPS, ARROWS, LAYERS, OWNED_PACKAGES } from './boundaries.mjs';

// Without a graph on disk the Nx rule says so and checks nothing, so the graph is made here, every time.
await createProjectGraphAsync({ exitOnError: false });

const ownedExcept = (room) =>
  Object.entries(OWNED_PACKAGES)
    .filter(([, owner]) => owner !== room)
    .map(([name, owner]) => ({
      regex: `^${name}(/|$)`,
      message: `Only libs/${owner} imports ${name}.`,
    }));
const otherRoomsSource = {
  regex: '^(\\.\\./)+([^/]+/)*src/',
  message: 'Import another room by its package name.',
};
const restrictedImports = (room) => ['error', { patterns: [otherRoomsSource, ...ownedExcept(room)] }];
const scopeConstraints = Object.entries({ ...ARROWS, ...APPS }).map(([room, allowed]) => ({
  sourceTag: `scope:${room}`,
  onlyDependOnLibsWithTags: [room, ...allowed].map((name) => `scope:${name}`),
}));
const layerConstraints = Object.entries(LAYERS).map(([layer, allowed]) => ({
  sourceTag: `type:${layer}`,
  onlyDependOnLibsWithTags: allowed.map((name) => `type:${name}`),
}));
const processEnvironment = {
  object: 'process',
  property: 'env',
  message: 'Only libs/config reads the environment.',
};

export default tseslint.config(
  {
    ignores: [
      '**/dist/**',
      'node_modules/**',
      '.belay/**',
      'bench/peers/**',
      'models/**',
      'samples/**',
      '.nx/**',
    ],
  },
  eslint.configs.recommended,
  {
    files: ['**/*.mjs'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        Buffer: 'readonly',
        fetch: 'readonly',
        FormData: 'readonly',
        Blob: 'readonly',
        setTimeout: 'readonly',
        setInterval: 'readonly',
        clearInterval: 'readonly',
        performance: 'readonly',
        AbortSignal: 'readonly',
      },
    },
  },
  {
    files: ['**/*.{ts,tsx}'],
    extends: [tseslint.configs.recommended],
    languageOptions: {
      parserOptions: {
        project: ['./tsconfig.spec.json', './apps/web/tsconfig.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': [
        'error',
        { checksVoidReturn: { arguments: false, attributes: false } },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': 'off',
      '@typescript-eslint/no-extraneous-class': 'off',
      'no-restricted-imports': restrictedImports(undefined),
      'no-restricted-properties': ['error', processEnvironment],
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      complexity: ['error', 10],
      'max-depth': ['error', 3],
    },
  },
  {
    files: ['{apps,libs}/**/*.{ts,tsx}'],
    ignores: ['**/*{.,-}spec.ts', 'libs/testing/**'],
    plugins: { '@nx': nx },
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        { depConstraints: [...scopeConstraints, ...layerConstraints], allow: [] },
      ],
    },
  },
  ...[...new Set(Object.values(OWNED_PACKAGES))].map((room) => ({
    files: [`libs/${room}/**/*.ts`],
    rules: { 'no-restricted-imports': restrictedImports(room) },
  })),
  { files: ['libs/config/**/*.ts', 'libs/testing/**/*.ts'], rules: { 'no-restricted-properties': 'off' } },
  {
    files: ['apps/web/**/*.{ts,tsx}'],
    rules: {
      'max-lines-per-function': ['error', { max: 150, skipBlankLines: true, skipComments: true }],
      complexity: ['error', 20],
    },
  },
  {
    files: ['**/*.{spec,medium-spec,app-spec,e2e-spec,full-spec}.ts'],
    rules: {
      'max-lines': 'off',
      'max-lines-per-function': 'off',
      'no-restricted-properties': 'off',
      complexity: 'off',
      'max-depth': 'off',
    },
  },
);
