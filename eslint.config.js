import js from '@eslint/js';
import jsxA11y from 'eslint-plugin-jsx-a11y';
import reactHooks from 'eslint-plugin-react-hooks';
import globals from 'globals';
import tseslint from 'typescript-eslint';
import { rooms } from './scripts/rooms.mjs';

/** Readers that block until the GPU is done: on WebGPU they go through a canvas, and have returned zeros. */
const SYNC_READERS = ['dataSync', 'arraySync', 'bytesSync', 'bufferSync', 'readSync'];

export default tseslint.config(
  {
    ignores: [
      'dist/',
      'coverage/',
      'test-results/',
      'playwright-report/',
      '.cache/',
      // AssemblyScript, which is not TypeScript, and what is compiled from it.
      'src/tensor/wasm/assembly/',
      'src/tensor/wasm/kernels.generated.ts',
      'src/math/acting-kernels.generated.ts',
      // A template with holes; it runs in a service worker, not in Node.
      'scripts/service-worker.js',
    ],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    files: ['**/*.{ts,tsx}'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // Numbers and flags in messages are what messages are for.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // With noUncheckedIndexedAccess, a loop over a typed array says `values[i]!` at every turn.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      // It takes for settled what an `await` in between may change, and what a browser or Node may lack.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // tfjs hands out its backends and variables under the interface's type; a cast is the only way to them.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // Says what a value is to the reader, where the compiler would also get by without.
      '@typescript-eslint/no-unnecessary-type-assertion': 'off',
      // There are no enums (erasableSyntaxOnly), and to look for them in every assignment is a tenth of the lint.
      '@typescript-eslint/no-unsafe-enum-assignment': 'off',
      '@typescript-eslint/no-unsafe-enum-comparison': 'off',
      '@typescript-eslint/no-misused-spread': ['error', { allow: [{ from: 'lib', name: 'string' }, 'string'] }],
      // A key that names both a field and its value's type is used once in a signature and needed in the body.
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      // Settings that equal their preset's leave the experiment.
      '@typescript-eslint/no-dynamic-delete': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    // tfjs' kernels and the browser's GPU objects are handed around as methods and called with their own `this`.
    files: ['src/tensor/**/*.ts'],
    rules: { '@typescript-eslint/unbound-method': 'off' },
  },
  {
    files: ['src/**/*.{ts,tsx}'],
    plugins: { rooms },
    rules: { 'rooms/imports': 'error', 'rooms/circles': 'error' },
  },
  {
    files: ['**/*.{ts,tsx,js,mjs}'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'Use a named stream of src/math: a run must replay.' },
        ...SYNC_READERS.map((property) => ({ property, message: 'Read with `await tensor.data()`.' })),
      ],
      eqeqeq: 'error',
    },
  },
  {
    files: ['src/**/*.tsx'],
    extends: [jsxA11y.flatConfigs.strict],
    rules: {
      // A plot is a canvas, and a canvas that nobody can operate is a picture.
      'jsx-a11y/no-interactive-element-to-noninteractive-role': ['error', { canvas: ['img'] }],
    },
  },
  {
    // The page, where alone there are components and hooks: its rules cost a sixth of the lint over all files.
    files: ['src/app/**/*.{ts,tsx}'],
    extends: [reactHooks.configs.flat.recommended],
  },
  {
    files: ['scripts/**/*.mjs', '*.config.{js,ts}'],
    languageOptions: { globals: globals.node },
  },
  {
    // A fixture of Playwright hands its value over through a function that happens to be called `use`.
    files: ['e2e/**/*.ts'],
    rules: { 'no-empty-pattern': ['error', { allowObjectPatternsAsParameters: true }] },
  },
);
