/**
 * Measures what evaluation costs a locomotion run: gradient steps a second with and without an evaluation running, and
 * how long an evaluation blocks the training thread. It runs without a page, so that nothing else uses the cores.
 */
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { RolloutPool } from '../environments/rollouts/pool.ts';
import { spawnThread } from '../environments/rollouts/spawn-node.ts';
import { meanOf } from '../math/statistics.ts';
import { startBackend } from '../tensor/backend.ts';
import { allocateCores } from '../experiment/core-allocation.ts';
import { nextTask } from '../experiment/event-loop.ts';
import { decodeCheckpoint, encodePolicy } from '../locomotion/checkpoint-file.ts';
import { encodeCheckpoint } from '../locomotion/checkpoint.ts';
import { evaluate } from '../locomotion/evaluation.ts';
import { presetLocomotion } from '../locomotion/experiment.ts';
import type { LocomotionPresetId } from '../locomotion/presets.ts';
import { readForRun } from '../locomotion/stored-dataset.ts';
import { LocomotionTrainer } from '../locomotion/trainer.ts';
import type { PageFigure } from './bench-report.ts';
import { openShardFolder } from './shard-folder.ts';

/** A body whose episodes never end early, so that all evaluations are equally long. */
const TASK = 'halfcheetah-medium-expert';
const DATA = fileURLToPath(new URL('../../public/datasets/halfcheetah-medium-expert-collected', import.meta.url));
const CANDIDATES = 50;
const SEED = 0;
const FULL = { rounds: 5, episodes: 4 };
const QUICK = { rounds: 1, episodes: 1 };
/** Steps between two checks of whether the evaluation has ended. */
const STEPS_PER_CHECK = { webgpu: 64, wasm: 5, cpu: 1 } as const;

/** @param quick Runs one round of one episode. */
export async function evaluationCost(quick: boolean): Promise<PageFigure[]> {
  // One thread, as on WebGPU, and as on a page with two cores.
  const { backend, device } = await startBackend('auto', { threads: 1 });
  const { rounds, episodes } = quick ? QUICK : FULL;
  const trainer = await openTrainer(backend === 'webgpu' ? 'paper' : 'small');
  const cores = availableParallelism();
  const { players } = allocateCores(cores, 1);
  const pool = new RolloutPool(spawnThread, players);
  const trainWhile = async (running: () => boolean) => {
    const [began, first] = [performance.now(), trainer.step];
    while (running()) {
      await trainer.train(STEPS_PER_CHECK[backend]);
      // Lets the messages of the rollout workers arrive.
      await nextTask();
    }
    const seconds = (performance.now() - began) / 1000;
    return { seconds, rate: (trainer.step - first) / seconds };
  };
  const trainOnly = (seconds: number) => {
    const end = performance.now() + 1000 * seconds;
    return trainWhile(() => performance.now() < end);
  };
  const trainDuringEvaluation = async () => {
    const policy = await trainer.policy({ candidates: CANDIDATES });
    const plan = { environment: 'halfcheetah', seed: SEED, episodes, candidates: CANDIDATES } as const;
    let played = false;
    const playing = evaluate(policy, plan, pool).finally(() => (played = true));
    const trained = await trainWhile(() => !played);
    await playing;
    return trained;
  };
  try {
    // Warm-up: compiles shaders, starts engines, lets hot code compile.
    await trainDuringEvaluation();
    const pairs = [];
    for (let i = 0; i < rounds; i++) {
      const evaluated = await trainDuringEvaluation();
      pairs.push({ evaluated, rate: (await trainOnly(evaluated.seconds)).rate });
    }
    const rate = meanOf(pairs.map((pair) => pair.rate));
    const slower = pairs.map((pair) => 100 * (1 - pair.evaluated.rate / pair.rate));
    const where = `${backend} (${device}), one thread; ${cores} cores`;
    const each = slower.map((value) => value.toFixed(1)).join(', ');
    return [
      { name: 'evaluation-alone', what: 'gradient steps of training alone', value: rate, unit: 'steps/s', note: where },
      {
        name: 'evaluation-slows',
        what: 'fewer of them while a point is played beside it: mean',
        value: meanOf(slower),
        unit: '%',
        note: `each: ${each}; players: ${players}`,
      },
      {
        name: 'evaluation-point',
        what: 'a point meanwhile',
        value: meanOf(pairs.map(({ evaluated }) => evaluated.seconds)),
        unit: 's',
        note: `${episodes} episodes of 1000 steps, ${CANDIDATES} candidates`,
      },
      await stall(rounds),
    ];
  } finally {
    pool.end();
    trainer.dispose();
  }
}

/** Time that an evaluation blocks the training thread at the published sizes, without writing to storage. */
async function stall(rounds: number): Promise<PageFigure> {
  const trainer = await openTrainer('paper');
  try {
    await trainer.train(1);
    const all: { ms: number; read: number; bytes: number }[] = [];
    for (let i = 0; i <= rounds; i++) {
      const began = performance.now();
      for (const candidates of [1, CANDIDATES]) await trainer.policy({ candidates });
      const read = performance.now() - began;
      const policy = await encodeCheckpoint(trainer, { policyOnly: true });
      const whole = await encodeCheckpoint(trainer);
      // The file of the best evaluation so far.
      const best = encodePolicy(decodeCheckpoint(policy), {});
      all.push({ ms: performance.now() - began, read, bytes: policy.length + whole.length + best.length });
    }
    // The first round compiles code and is not counted.
    const [, ...measured] = all;
    return {
      name: 'evaluation-stall',
      what: 'what a point keeps training’s thread from training, at the published sizes: mean',
      value: meanOf(measured.map(({ ms }) => ms)),
      unit: 'ms',
      note: `reading the policy ${meanOf(measured.map(({ read }) => read)).toFixed(1)} ms, the rest three files of ${(measured[0]!.bytes / 1e6).toFixed(1)} MB; once in 50,000 steps`,
    };
  } finally {
    trainer.dispose();
  }
}

async function openTrainer(preset: LocomotionPresetId): Promise<LocomotionTrainer> {
  const { store, manifest } = await openShardFolder(DATA);
  const experiment = { ...presetLocomotion(TASK, 'diffusion-ql', preset), seed: SEED };
  return new LocomotionTrainer(experiment, await readForRun(store, manifest));
}
