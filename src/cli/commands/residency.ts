/** `lab residency`: measures the memory of a large dataset while a policy trains on it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Command, Option } from 'commander';
import type { RowSource } from '../../datasets/arrays.ts';
import { BODIES } from '../../environments/bodies/index.ts';
import { writeShards } from '../../datasets/shards/writer.ts';
import { RandomStream } from '../../math/streams.ts';
import { readForRun } from '../../locomotion/stored-dataset.ts';
import { startBackend, type BackendChoice } from '../../tensor/backend.ts';
import { backendMemory } from '../../tensor/backend-memory.ts';
import { presetLocomotion } from '../../locomotion/experiment.ts';
import { LOCOMOTION_PRESETS, type LocomotionPresetId } from '../../locomotion/presets.ts';
import { LocomotionTrainer } from '../../locomotion/trainer.ts';
import { printJson, textTable, type Console } from '../console.ts';
import { backendOption, jsonOption, number } from '../options.ts';
import { openShardFolder, writeFolder } from '../shard-folder.ts';

/** The body with the widest and most rows in D4RL. */
const TASK = 'halfcheetah-medium-replay';
const ENVIRONMENT = 'halfcheetah';
const EPISODE_ROWS = 1000;
const SAMPLE_MS = 5;
const COLLECTIONS = 3;
const COLLECTION_MS = 50;
const STEPS_PER_SAMPLE = 5;
const MAX_ROWS = 4_000_000;

/** Bytes in use at one time. `moment` and `looks` are keys of the JSON output. */
interface MemorySample {
  moment: string;
  /** JavaScript's heap, array buffers, and the memory of the wasm backend. */
  heap: number;
  /** The part of the heap in array buffers. */
  arrayBuffers: number;
  /** The part of the heap in the wasm backend's memory; null elsewhere. */
  wasm: number | null;
  /** Buffers of the WebGPU backend, pooled ones included; null elsewhere. */
  gpu: number | null;
  /** Resident memory of the process, buffers of a software GPU included. */
  process: number;
}

interface ResidencyFlags {
  rows: number;
  steps: number;
  preset: LocomotionPresetId;
  backend: BackendChoice;
  out?: string;
  json?: boolean;
}

export function residencyCommand(console: Console): Command {
  return new Command('residency')
    .description(
      'Measures the memory of a dataset that is trained on: rows of no meaning at the widths of half-cheetah, from shards.',
    )
    .addOption(
      new Option('--rows <n>', 'rows of the dataset')
        .argParser(number({ min: 2, max: MAX_ROWS, whole: true }))
        .default(1_000_000),
    )
    .addOption(
      new Option('--steps <n>', 'gradient steps of Diffusion-QL before the last look')
        .argParser(number({ min: 1, max: 100_000, whole: true }))
        .default(100),
    )
    .addOption(
      new Option('--preset <name>', 'sizes of networks and batch').choices(LOCOMOTION_PRESETS).default('small'),
    )
    .addOption(backendOption())
    .addOption(new Option('--out <folder>', 'only writes the rows, for others to measure with'))
    .addOption(jsonOption())
    .action(async (flags: ResidencyFlags) => {
      if (flags.out === undefined) return measure(flags, console);
      await writeRows(flags.out, flags.rows);
      if (flags.json) printJson(console, { rows: flags.rows, out: flags.out });
      return undefined;
    });
}

async function measure(flags: ResidencyFlags, console: Console): Promise<void> {
  const parent = await mkdtemp(join(tmpdir(), 'residency-'));
  try {
    const folder = join(parent, 'rows');
    console.progress(`writing ${flags.rows} rows\n`);
    await writeRows(folder, flags.rows);
    const info = await startBackend(flags.backend);
    const looks = await sampleRun(folder, flags, (text) => console.progress(`${text}\n`));
    const engine = `${info.backend} (${info.device})`;
    if (flags.json) printJson(console, { rows: flags.rows, steps: flags.steps, preset: flags.preset, engine, looks });
    else {
      console.out(`${flags.rows} rows of half-cheetah, preset ${flags.preset}, ${engine}; MB (10⁶ bytes)\n`);
      console.out(textTable(tableOf(looks)));
    }
  } finally {
    await rm(parent, { recursive: true, force: true });
  }
}

/** Trains, and returns memory samples in order. The peaks include garbage that is not collected yet. */
async function sampleRun(
  folder: string,
  flags: ResidencyFlags,
  progress: (text: string) => void,
): Promise<MemorySample[]> {
  const collect = collector();
  const settled = async (moment: string) => {
    // Array buffers are freed some time after a collection.
    for (let i = 0; i < COLLECTIONS; i++) {
      collect();
      await new Promise((done) => setTimeout(done, COLLECTION_MS));
    }
    return sampleMemory(moment);
  };
  const looks = [await settled('before')];
  let peak = sampleMemory('peak while it loads');
  const watch = () => {
    const now = sampleMemory(peak.moment);
    if (now.heap > peak.heap) peak = now;
  };
  const watching = setInterval(watch, SAMPLE_MS);
  progress('loading');
  const experiment = presetLocomotion(TASK, 'diffusion-ql', flags.preset);
  let trainer: LocomotionTrainer;
  try {
    const { store, manifest } = await openShardFolder(folder);
    trainer = new LocomotionTrainer(experiment, await readForRun(store, manifest));
    watch();
  } finally {
    clearInterval(watching);
  }
  looks.push(peak, await settled('loaded'));
  progress(`training ${flags.steps} steps`);
  let most = sampleMemory('peak while it trains');
  while (trainer.step < flags.steps && !trainer.divergence) {
    await trainer.train(Math.min(STEPS_PER_SAMPLE, flags.steps - trainer.step));
    const now = sampleMemory(most.moment);
    if (now.heap > most.heap) most = now;
  }
  looks.push(most, await settled(`after ${flags.steps} steps`));
  trainer.dispose();
  return looks;
}

function sampleMemory(moment: string): MemorySample {
  const { heapUsed, external, arrayBuffers, rss } = process.memoryUsage();
  const { wasm, shared, gpu } = backendMemory();
  // Node counts WebAssembly memory as external, unless it is shared.
  const uncounted = shared ? (wasm ?? 0) : 0;
  return { moment, heap: heapUsed + external + uncounted, arrayBuffers, wasm, gpu, process: rss };
}

/** The garbage collector's function, which Node exposes only with a flag. */
function collector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}

function tableOf(looks: readonly MemorySample[]): string[][] {
  const megabytes = (bytes: number | null) => (bytes === null ? '–' : (bytes / 1e6).toFixed(0));
  return [
    ['', 'heap', 'array buffers', 'wasm', 'GPU', 'process'],
    ...looks.map(({ moment, heap, arrayBuffers, wasm, gpu, process: all }) => [
      moment,
      ...[heap, arrayBuffers, wasm, gpu, all].map(megabytes),
    ]),
  ];
}

/** Writes rows of normal numbers, in episodes that end by a timeout. */
async function writeRows(folder: string, rows: number): Promise<void> {
  const { observations, actions } = BODIES[ENVIRONMENT];
  const floats = (name: string, columns: number | null) => {
    const stream = new RandomStream(0, `residency/${name}`);
    return {
      columns,
      dtype: 'float32' as const,
      read(begin: number, end: number) {
        const values = new Float32Array((end - begin) * (columns ?? 1));
        stream.fillNormal(values, begin);
        return values;
      },
    };
  };
  const source: RowSource = {
    rows,
    observations: floats('observations', observations),
    actions: floats('actions', actions),
    rewards: floats('rewards', null),
    terminals: { read: (begin, end) => new Uint8Array(end - begin) },
    timeouts: {
      read: (begin, end) =>
        Uint8Array.from({ length: end - begin }, (_, i) => Number((begin + i) % EPISODE_ROWS === EPISODE_ROWS - 1)),
    },
    where: (row) => `row ${row}`,
  };
  const description = {
    id: 'residency',
    environment: ENVIRONMENT,
    referenceReturns: null,
    licence: 'none',
    provenance: 'normal numbers, to measure memory with',
    notes: [],
    source: { layout: 'rollouts' as const, name: 'none', bytes: 0, sha256: '0'.repeat(64), published: null },
  };
  await writeFolder(folder, (sink) => writeShards(source, description, sink));
}
