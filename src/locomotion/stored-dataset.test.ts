import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { memory } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import type { ShardStore } from '../datasets/shards/reader.ts';
import { writeShards } from '../datasets/shards/writer.ts';
import { MemoryFolder, sourceOf, SYNTHETIC } from '../datasets/testing.ts';
import { describeOnBackends } from '../tensor/testing.ts';
import { TransitionData } from './data.ts';
import { checkManifest, readForRun } from './stored-dataset.ts';
import { smallDataset } from './testing.ts';

const ROWS = 40_000;
const CHUNK_BYTES = 2 ** 17;
/** Observations and actions of half-cheetah, in bytes a row. */
const FLOATS = 4 * (17 + 6);
/** Rewards and two flags. */
const REST = 4 + 2;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes of the array buffers that somebody holds. */
async function heldBytes(): Promise<number> {
  for (let i = 0; i < 2; i++) {
    collect();
    await new Promise((done) => setTimeout(done, 20));
  }
  return process.memoryUsage().arrayBuffers;
}

async function storedCheetah(count: number) {
  const folder = new MemoryFolder();
  const about = { ...SYNTHETIC, id: 'cheetah', environment: 'halfcheetah' };
  const rows = sourceOf(smallDataset('halfcheetah', count).trajectories);
  const manifest = await writeShards(rows, about, folder, { chunkBytes: Math.min(CHUNK_BYTES, 24 * count) });
  return { folder, manifest };
}

describeOnBackends(
  'a stored dataset',
  () => {
    it('a stored dataset is read to the device by chunks, and its rows are never in memory twice', async () => {
      const { folder, manifest } = await storedCheetah(ROWS);
      const before = { held: await heldBytes(), tensors: memory().numBytes };
      let held = 0;
      let reads = 0;
      const watched: ShardStore = {
        async read(path) {
          if (reads++ % 8 === 0) held = Math.max(held, (await heldBytes()) - before.held);
          return folder.read(path);
        },
      };
      const { trajectories } = await readForRun(watched, manifest);
      expect(reads).toBeGreaterThan(20);
      expect(memory().numBytes - before.tensors).toBe(ROWS * FLOATS);
      // A chunk is there packed, unpacked, and in the order of its numbers.
      expect(held).toBeLessThan(ROWS * REST + 4 * CHUNK_BYTES);

      await heldBytes();
      const data = new TransitionData(trajectories, {
        ...{ seed: 0, rewards: 'none', normalizeStates: true },
        takenOver: true,
      });
      data.move();
      // With what nobody holds any more: rewards, which rows make a transition, which come next, and which end an episode.
      expect(process.memoryUsage().arrayBuffers - before.held).toBeLessThan(ROWS * (REST + 5 * 4));
      expect(memory().numBytes - before.tensors).toBe(ROWS * (FLOATS + 4 + 4) + data.count * (4 + 4));
      data.dispose();
      expect(memory().numBytes).toBe(before.tensors);
    }, 60_000);

    it('a damaged stored dataset leaves no memory allocated', async () => {
      const { folder, manifest } = await storedCheetah(200);
      await folder.drop('actions/0.0');
      const before = memory().numBytes;
      await expect(readForRun(folder, manifest)).rejects.toThrow('actions/0.0: missing.');
      expect(memory().numBytes).toBe(before);
    });

    it('a stored dataset of another body or width is rejected by its manifest', async () => {
      const { manifest } = await storedCheetah(200);
      expect(() => checkManifest(manifest, 'halfcheetah-medium')).not.toThrow();
      expect(() => checkManifest(manifest, 'walker2d-medium')).toThrow(
        'cheetah is data of halfcheetah; walker2d-medium learns from data of walker2d.',
      );
      expect(() => checkManifest({ ...manifest, environment: null }, 'hopper-medium')).toThrow(
        'cheetah has rows of 17 observations and 6 actions; hopper-medium has 11 and 3.',
      );
    });
  },
  ['wasm'],
);
