import eslint from '@eslint/js';
import tseslint from 'typescript-eslint';
import { OWNED_PACKAGES } from './boundaries.mjs';

const ownedExcept = (room) =>
  Object.entries(OWNED_PACKAGES)
    .filter(([, owner]) => owner !== room)
    .map(([name, owner]) => ({ name, message: `Only libs/${owner} imports ${name}.` }));
const restrictedImports = (room) => ['error', { paths: ownedExcept(room), patterns: ['../../*/src/*'] }];
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
        setTimeout: 'readonly',
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
  ...['database', 'queue', 'inference'].map((room) => ({
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
    files: ['**/*.{spec,medium-spec,app-spec,e2e-spec}.ts'],
    rules: {
      'max-lines': 'off',
      'max-lines-per-function': 'off',
      'no-restricted-properties': 'off',
      complexity: 'off',
      'max-depth': 'off',
    },
  },
);
