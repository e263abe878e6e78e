/** Tests the dataset commands against independent programs: h5py writes the input, zarr and h5py read the output. */
import { execFile, execFileSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { json, temporaryFolder } from './testing.ts';

const at = temporaryFolder('datasets-independent');

/** The first Python with h5py and zarr. */
const python = ['python3', '/usr/bin/python3'].find((command) => {
  try {
    execFileSync(command, ['-c', 'import h5py, numpy, zarr'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
});
const TITLE = 'h5py and zarr';
if (python === undefined) {
  console.warn(`${TITLE}: skipped, since no Python here has h5py, numpy and zarr (Debian: python3-h5py python3-zarr).`);
}

describe.skipIf(python === undefined)(TITLE, () => {
  const script = async (...argv: string[]) => {
    const { stdout } = await promisify(execFile)(python ?? '', ['e2e/datasets/independent.py', ...argv]);
    return stdout.trim().split('\n');
  };

  it('lab convert and lab export agree with h5py and zarr on every value', async () => {
    const home = at('python');
    await mkdir(home);
    for (const line of await script('write', home)) {
      const [name, ...stores] = line.split(' ') as [string, ...string[]];
      for (const store of stores) {
        const shards = join(home, `${name}.${store}`);
        await json('convert', join(home, name), shards, '--store', store);
        expect(await json('verify', shards)).toMatchObject({ problems: [] });
        await json('export', shards, `${shards}.hdf5`);
      }
    }
    expect((await script('check', home)).at(-1)).toBe('all as it should be: 10 datasets');
  });
});
