/** For tests: the lab as it is called, and a folder to write into. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { lab } from './lab.ts';

/** A folder that is there while the tests of a file run; returns the path of something in it. */
export function temporaryFolder(name: string): (...path: string[]) => string {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), `${name}-`));
  });
  afterAll(() => rm(folder, { recursive: true }));
  return (...path) => join(folder, ...path);
}

/** Calls the lab: its exit code, and what it wrote to its two outputs. */
export async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const code = await lab(argv, { out: (text) => (out += text), err: (text) => (err += text) });
  return { code, out, err };
}

/** What a command that succeeds prints with `--json`. */
export async function json(...argv: string[]): Promise<Record<string, unknown>> {
  const { code, out, err } = await run(...argv, '--json');
  expect([code, err]).toEqual([0, '']);
  return JSON.parse(out) as Record<string, unknown>;
}
