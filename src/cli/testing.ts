/** Test helpers: calls of the lab, and a temporary folder. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { lab } from './lab.ts';

/** Creates a folder for the tests of a file. @returns A function that gives paths in it. */
export function temporaryFolder(name: string): (...path: string[]) => string {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), `${name}-`));
  });
  afterAll(() => rm(folder, { recursive: true }));
  return (...path) => join(folder, ...path);
}

/** Runs the lab. @returns Its exit code and both outputs. */
export async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const code = await lab(argv, { out: (text) => (out += text), err: (text) => (err += text) });
  return { code, out, err };
}

/** Runs a command with `--json`, which must succeed. @returns The parsed output. */
export async function json(...argv: string[]): Promise<Record<string, unknown>> {
  const { code, out, err } = await run(...argv, '--json');
  expect([code, err]).toEqual([0, '']);
  return JSON.parse(out) as Record<string, unknown>;
}
