/** The rules that keep the house in order must fire: each on a text that breaks it, and none on one that does not. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';
import { describe, expect, it } from 'vitest';
import { ROOMS, wayToTfjs } from './rooms.mjs';
import { listFiles, root } from './tasks.mjs';

/**
 * What the project's own configuration says of a text, without the rules that need types (they need a real file).
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
    ['src/algorithms/a.ts', "export * from '../training/experiment.ts';"],
    ['src/training/a.ts', "export * from '../app/theme.ts';"],
    ['src/datasets/a.ts', "export * from '../algorithms/catalogue.ts';"],
    ['src/bench/a.ts', "export * from '../cli/console.ts';"],
    ['src/app/a.ts', "export * from '../tensor/draws.ts';"],
    ['src/app/a.ts', "export * from '../algorithms/diffusion-ql.ts';"],
    ['src/app/a.ts', "export * from '@tensorflow/tfjs-core';"],
    ['src/app/a.ts', "export const load = () => import('@tensorflow/tfjs-core');"],
    ['src/algorithms/a.ts', "import '@tensorflow/tfjs-backend-webgpu';"],
  ])('refuse in %s: %s', async (file, code) => {
    expect(await lint(file, code)).toEqual(['rooms/imports']);
  });

  it.each([
    ['src/tensor/a.ts', "import '@tensorflow/tfjs-backend-webgpu';"],
    ['src/tensor/a.ts', "export * from '../math/philox.ts';"],
    ['src/training/a.ts', "export * from '../algorithms/algorithm.ts';"],
    ['src/app/a.ts', "export * from '../algorithms/catalogue.ts';"],
    ['src/app/a.ts', "export * from '../training/experiment.ts';"],
    ['src/app/a.ts', "export type { Draws } from '../tensor/draws.ts';"],
    ['src/algorithms/a.test.ts', "import '../training/experiment.ts';"],
  ])('allow in %s: %s', async (file, code) => {
    expect(await lint(file, code)).toEqual([]);
  });

  it.each([
    'Math.random();',
    'const read = (t) => t.dataSync(); read();',
    'const read = (t) => t.arraySync(); read();',
  ])('refuse: %s', async (code) => {
    expect(await lint('src/math/a.ts', code)).toEqual(['no-restricted-properties']);
  });
});

describe('the table of rooms', () => {
  it('has no circle', () => {
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

  it('knows of each room in src/', () => {
    const folders = readdirSync(join(root, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(folders.map(({ name }) => name).filter((name) => !Object.hasOwn(ROOMS, name))).toEqual([]);
  });
});

describe('the way to tfjs', () => {
  it('is found through modules that are pure themselves, and not through types', () => {
    const folder = mkdtempSync(join(tmpdir(), 'rooms-'));
    try {
      writeFileSync(join(folder, 'pure.ts'), "import './impure.ts';\nimport './typed.ts';");
      writeFileSync(join(folder, 'impure.ts'), "import './pure.ts';\nimport '@tensorflow/tfjs-core';");
      writeFileSync(join(folder, 'typed.ts'), "import type { Tensor } from '@tensorflow/tfjs-core';");
      expect(wayToTfjs(join(folder, 'pure.ts'))).toHaveLength(3);
      expect(wayToTfjs(join(folder, 'typed.ts'))).toBeNull();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('does not start at the page, whose thread loads none', () => {
    const page = listFiles([join(root, 'src', 'app')]).filter(
      (file) => /\.tsx?$/.test(file) && !file.includes('.test.'),
    );
    expect(page.map((file) => wayToTfjs(file)).filter((way) => way !== null)).toEqual([]);
  });
});
