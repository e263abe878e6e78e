/** Tests that the local lint rules report code that breaks them, and only such code. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { ESLint, Linter } from 'eslint';
import tseslint from 'typescript-eslint';
import { describe, expect, it } from 'vitest';
import { importChainToTfjs, importCircle, ROOMS, rooms } from './rooms.mjs';
import { listFiles, root } from './tasks.mjs';

/**
 * Lints code with the project's configuration, without the rules that need types (they need a real file).
 *
 * @param {string} file From the root.
 * @param {string} code
 * @returns {Promise<(string | null)[]>} The rules that fired.
 */
async function lint(file, code) {
  const eslint = new ESLint({
    cwd: root,
    overrideConfig: [
      { ...tseslint.configs.disableTypeChecked, linterOptions: { reportUnusedDisableDirectives: 'off' } },
      { languageOptions: { parserOptions: { projectService: false, project: false } } },
    ],
  });
  const [result] = await eslint.lintText(code, { filePath: file });
  return result?.messages.map(({ ruleId, message }) => ruleId ?? message) ?? [];
}

describe('the lint rules', () => {
  it.each([
    ['src/math/a.ts', "export { Tensor } from '../tensor/draws.ts';"],
    ['src/tensor/a.ts', "export * from '../networks/network.ts';"],
    ['src/networks/a.ts', "export * from '../algorithms/algorithm.ts';"],
    ['src/algorithms/a.ts', "export * from '../bandit/experiment.ts';"],
    ['src/bandit/a.ts', "export * from '../app/theme.ts';"],
    ['src/datasets/a.ts', "export * from '../bandit/methods.ts';"],
    ['src/bench/a.ts', "export * from '../cli/console.ts';"],
    ['src/experiment/a.ts', "export * from '../bandit/experiment.ts';"],
    ['src/locomotion/a.ts', "export * from '../bandit/experiment.ts';"],
    ['src/collection/a.ts', "export * from '../locomotion/experiment.ts';"],
    ['src/tensor/webgpu/a.ts', "export * from '../kernels/mlp.ts';"],
    ['src/tensor/webgpu/a.ts', "export * from '../wasm/capture.ts';"],
    ['src/tensor/wasm/a.ts', "export type * from '../webgpu/dispatch.ts';"],
    ['src/app/a.ts', "export * from '../tensor/draws.ts';"],
    ['src/app/a.ts', "export * from '../algorithms/diffusion-ql.ts';"],
    ['src/app/a.ts', "export * from '@tensorflow/tfjs-core';"],
    ['src/app/a.ts', "export const load = () => import('@tensorflow/tfjs-core');"],
    ['src/algorithms/a.ts', "import '@tensorflow/tfjs-backend-webgpu';"],
  ])('rooms/imports refuses in %s: %s', async (file, code) => {
    expect(await lint(file, code)).toEqual(['rooms/imports']);
  });

  it.each([
    ['src/tensor/a.ts', "import '@tensorflow/tfjs-backend-webgpu';"],
    ['src/tensor/a.ts', "export * from '../math/philox.ts';"],
    ['src/bandit/a.ts', "export * from '../algorithms/algorithm.ts';"],
    ['src/app/a.ts', "export * from '../bandit/methods.ts';"],
    ['src/app/a.ts', "export * from '../bandit/experiment.ts';"],
    ['src/app/a.ts', "export type { Draws } from '../tensor/draws.ts';"],
    ['src/algorithms/a.test.ts', "import '../bandit/experiment.ts';"],
  ])('the lint rules allow in %s: %s', async (file, code) => {
    expect(await lint(file, code)).toEqual([]);
  });

  it.each([
    'Math.random();',
    'const read = (t) => t.dataSync(); read();',
    'const read = (t) => t.arraySync(); read();',
  ])('no-restricted-properties refuses: %s', async (code) => {
    expect(await lint('src/math/a.ts', code)).toEqual(['no-restricted-properties']);
  });
});

describe('the table of rooms', () => {
  it('the table of rooms has no circle', () => {
    const done = new Set();
    const pending = new Set(Object.keys(ROOMS));
    while (pending.size > 0) {
      const free = [...pending].filter((room) => ROOMS[room]?.runs.every((other) => done.has(other)));
      expect(free, `a circle among ${[...pending].join(', ')}`).not.toEqual([]);
      for (const room of free) {
        pending.delete(room);
        done.add(room);
      }
    }
  });

  it('the table of rooms names each folder of src/', () => {
    const folders = readdirSync(join(root, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(folders.map(({ name }) => name).filter((name) => !Object.hasOwn(ROOMS, name))).toEqual([]);
  });
});

/** @param {Record<string, string>} files @param {(folder: string) => void} use */
function inFolder(files, use) {
  const folder = mkdtempSync(join(tmpdir(), 'rooms-'));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('circles of imports', () => {
  const files = {
    'outside.ts': "import './a.ts';",
    'a.ts': "import './b.ts';\nimport './leaf.ts';",
    'b.ts': "export type { C } from './c.ts';",
    'c.ts': "export const c = () => import('./a.ts');",
    'leaf.ts': 'export const leaf = 1;',
    'self.ts': "import './self.ts';",
  };

  it('importCircle finds a circle of imports from each of its files, types and dynamic imports included', () => {
    inFolder(files, (folder) => {
      const names = (/** @type {string} */ from, /** @type {string} */ to) =>
        importCircle(join(folder, from), to)?.map((file) => basename(file));
      expect(names('a.ts', './b.ts')).toEqual(['a.ts', 'b.ts', 'c.ts', 'a.ts']);
      expect(names('b.ts', './c.ts')).toEqual(['b.ts', 'c.ts', 'a.ts', 'b.ts']);
      expect(names('c.ts', './a.ts')).toEqual(['c.ts', 'a.ts', 'b.ts', 'c.ts']);
      expect(names('self.ts', './self.ts')).toEqual(['self.ts', 'self.ts']);
      expect(names('a.ts', './leaf.ts')).toBeUndefined();
      expect(names('outside.ts', './a.ts')).toBeUndefined();
    });
  });

  it('rooms/circles reports only the import that belongs to a circle', () => {
    inFolder(files, (folder) => {
      /** @type {import('eslint').Linter.Config} */
      const config = {
        files: ['**/*.ts'],
        plugins: { rooms },
        languageOptions: { parser: /** @type {import('eslint').Linter.Parser} */ (tseslint.parser) },
        rules: { 'rooms/circles': 'error' },
      };
      const messages = new Linter({ cwd: folder }).verify(files['a.ts'], config, join(folder, 'a.ts'));
      expect(messages.map(({ line, ruleId }) => [line, ruleId])).toEqual([[1, 'rooms/circles']]);
      expect(messages[0]?.message).toMatch(/a\.ts → .*b\.ts → .*c\.ts → .*a\.ts/);
    });
  });
});

describe('the chain of imports to tfjs', () => {
  it('importChainToTfjs finds tfjs through other modules, but not through type imports', () => {
    const files = {
      'pure.ts': "import './impure.ts';\nimport './typed.ts';",
      'impure.ts': "import './pure.ts';\nimport '@tensorflow/tfjs-core';",
      'typed.ts': "import type { Tensor } from '@tensorflow/tfjs-core';",
    };
    inFolder(files, (folder) => {
      expect(importChainToTfjs(join(folder, 'pure.ts'))).toHaveLength(3);
      expect(importChainToTfjs(join(folder, 'typed.ts'))).toBeNull();
    });
  });

  it('no module of the page loads tfjs on the page’s own thread', () => {
    const page = listFiles([join(root, 'src', 'app')]).filter(
      (file) => /\.tsx?$/.test(file) && !file.includes('.test.'),
    );
    expect(page.map((file) => importChainToTfjs(file)).filter((chain) => chain !== null)).toEqual([]);
  });
});
