/** One Jest project a tier; sources run as native ES modules, compiled by SWC without a build. */
const base = {
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['@belay/source', 'node'] },
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          target: 'es2023',
        },
        module: { type: 'es6' },
      },
    ],
  },
  modulePathIgnorePatterns: ['/dist/', '/.belay/'],
};

const tier = (displayName, pattern, extra = {}) => ({ ...base, displayName, testMatch: [pattern], ...extra });

export default {
  // A busy machine is no failure: nothing here asserts how long something takes. Jest reads it at this place only.
  testTimeout: 60_000,
  testSequencer: '<rootDir>/libs/testing/sequencer.mjs',
  projects: [
    tier('unit', '<rootDir>/**/*.spec.ts', { testPathIgnorePatterns: ['/node_modules/'] }),
    tier('medium', '<rootDir>/**/*.medium-spec.ts'),
    tier('app', '<rootDir>/**/*.app-spec.ts'),
    tier('e2e', '<rootDir>/**/*.e2e-spec.ts'),
    tier('full', '<rootDir>/**/*.full-spec.ts'),
  ],
};
