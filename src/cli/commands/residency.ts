/** `lab residency`: what a dataset of many rows takes of memory while a policy learns from it. */
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

/** The body with the widest rows, and most of them in D4RL. */
const TASK = 'halfcheetah-medium-replay';
const ENVIRONMENT = 'halfcheetah';
const EPISODE_ROWS = 1000;
const SAMPLE_MS = 5;
const COLLECTIONS = 3;
const COLLECTION_MS = 50;
const STEPS_A_LOOK = 5;
const MOST_ROWS = 4_000_000;

/** Bytes at one moment. */
interface Look {
  moment: string;
  /** JavaScript's heap, array buffers, and the memory of the wasm backend. */
  heap: number;
  /** Of the heap, array buffers. */
  arrayBuffers: number;
  /** Of the heap, the memory of the wasm backend; null elsewhere. */
  wasm: number | null;
  /** Buffers of the WebGPU backend, those it keeps for later included; null elsewhere. */
  gpu: number | null;
  /** The process, whatever it maps; buffers of a software GPU as well. */
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
        .argParser(number({ min: 2, max: MOST_ROWS, whole: true }))
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
    const looks = await lookOn(folder, flags, (text) => console.progress(`${text}\n`));
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

/** The looks, in order; the peaks are of what was there before a collector had been. */
async function lookOn(folder: string, flags: ResidencyFlags, progress: (text: string) => void): Promise<Look[]> {
  const collect = collector();
  const settled = async (moment: string) => {
    // Array buffers are freed a while after a collector has found them.
    for (let i = 0; i < COLLECTIONS; i++) {
      collect();
      await new Promise((done) => setTimeout(done, COLLECTION_MS));
    }
    return look(moment);
  };
  const looks = [await settled('before')];
  let peak = look('peak while it loads');
  const watch = () => {
    const now = look(peak.moment);
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
  let most = look('peak while it trains');
  while (trainer.step < flags.steps && !trainer.divergence) {
    await trainer.train(Math.min(STEPS_A_LOOK, flags.steps - trainer.step));
    const now = look(most.moment);
    if (now.heap > most.heap) most = now;
  }
  looks.push(most, await settled(`after ${flags.steps} steps`));
  trainer.dispose();
  return looks;
}

function look(moment: string): Look {
  const { heapUsed, external, arrayBuffers, rss } = process.memoryUsage();
  const { wasm, shared, gpu } = backendMemory();
  // Node counts what WebAssembly has among what is external, unless it is shared.
  const uncounted = shared ? (wasm ?? 0) : 0;
  return { moment, heap: heapUsed + external + uncounted, arrayBuffers, wasm, gpu, process: rss };
}

/** The collector, which Node has only when asked for. */
function collector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}

function tableOf(looks: readonly Look[]): string[][] {
  const megabytes = (bytes: number | null) => (bytes === null ? '–' : (bytes / 1e6).toFixed(0));
  return [
    ['', 'heap', 'array buffers', 'wasm', 'GPU', 'process'],
    ...looks.map(({ moment, heap, arrayBuffers, wasm, gpu, process: all }) => [
      moment,
      ...[heap, arrayBuffers, wasm, gpu, all].map(megabytes),
    ]),
  ];
}

/** Rows of normal numbers, in episodes that end by a timeout. */
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
  const about = {
    id: 'residency',
    environment: ENVIRONMENT,
    referenceReturns: null,
    licence: 'none',
    provenance: 'normal numbers, to measure memory with',
    notes: [],
    source: { layout: 'rollouts' as const, name: 'none', bytes: 0, sha256: '0'.repeat(64), published: null },
  };
  await writeFolder(folder, (sink) => writeShards(source, about, sink));
}
