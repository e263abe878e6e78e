import js from '@eslint/js';
import jsxA11y from 'eslint-plugin-jsx-a11y';
import reactHooks from 'eslint-plugin-react-hooks';
import globals from 'globals';
import tseslint from 'typescript-eslint';
import { rooms } from './scripts/rooms.mjs';

/** Synchronous reads, which block until the GPU is done. On WebGPU they read through a canvas, and have returned zeros. */
const SYNC_READERS = ['dataSync', 'arraySync', 'bytesSync', 'bufferSync', 'readSync'];

export default tseslint.config(
  {
    ignores: [
      'dist/',
      'coverage/',
      'test-results/',
      'playwright-report/',
      '.cache/',
      // AssemblyScript, which is not TypeScript, and the modules compiled from it.
      'src/tensor/wasm/assembly/',
      'src/tensor/wasm/kernels.generated.ts',
      'src/math/acting-kernels.generated.ts',
      // A template that runs in a service worker, not in Node.
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
      // Messages contain numbers and booleans.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // With noUncheckedIndexedAccess, loops over typed arrays need `values[i]!`.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      // It ignores changes during an `await`, and features that a browser or Node may lack.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // tfjs hands out its backends and variables under the interface's type; a cast is the only way to them.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // An assertion can inform the reader even where the compiler does not need it.
      '@typescript-eslint/no-unnecessary-type-assertion': 'off',
      // There are no enums (erasableSyntaxOnly), and this rule takes a tenth of the lint's time.
      '@typescript-eslint/no-unsafe-enum-assignment': 'off',
      '@typescript-eslint/no-unsafe-enum-comparison': 'off',
      '@typescript-eslint/no-misused-spread': ['error', { allow: [{ from: 'lib', name: 'string' }, 'string'] }],
      // A type parameter may occur once in the signature and be needed in the body.
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      // Settings equal to their preset's are deleted from the experiment.
      '@typescript-eslint/no-dynamic-delete': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    // Methods of tfjs' kernels and of GPU objects are passed around and called with their own `this`.
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
      // Plots are canvases, and a canvas without controls is an image.
      'jsx-a11y/no-interactive-element-to-noninteractive-role': ['error', { canvas: ['img'] }],
    },
  },
  {
    // Only the page has components and hooks. Over all files these rules would take a sixth of the lint's time.
    files: ['src/app/**/*.{ts,tsx}'],
    extends: [reactHooks.configs.flat.recommended],
  },
  {
    files: ['scripts/**/*.mjs', '*.config.{js,ts}'],
    languageOptions: { globals: globals.node },
  },
  {
    // A Playwright fixture passes its value to a function that is called `use`.
    files: ['e2e/**/*.ts'],
    rules: { 'no-empty-pattern': ['error', { allowObjectPatternsAsParameters: true }] },
  },
);
