/** One run of `lab train` in its folder, from its beginning or from a checkpoint to its budget. */
import { join } from 'node:path';
import type { PhysicsVariant } from '../environments/physics-variant.ts';
import type { NetworkPolicy } from '../environments/rollouts/network-policy.ts';
import type { RolloutPool } from '../environments/rollouts/pool.ts';
import { decodeCheckpoint, encodePolicy, type Checkpoint } from '../locomotion/checkpoint-file.ts';
import { encodeCheckpoint, resumeFrom } from '../locomotion/checkpoint.ts';
import {
  evaluate,
  meritOf,
  summarise,
  type Evaluation,
  type EvaluationPoint,
  type RunSummary,
} from '../locomotion/evaluation.ts';
import { assertResumable } from '../locomotion/imported-run.ts';
import type { LossLine } from '../locomotion/loss-log.ts';
import { LOCOMOTION_METHODS } from '../locomotion/methods.ts';
import { policyOf } from '../locomotion/policy.ts';
import { runLocomotion, type ResumeState } from '../locomotion/run.ts';
import { historyOf, historyUpTo, type RunHistory } from '../locomotion/stored-run.ts';
import { LOCOMOTION_TASKS } from '../locomotion/tasks.ts';
import type { LocomotionTrainer } from '../locomotion/trainer.ts';
import { CheckFailed, type Console } from './console.ts';
import { trainingLines } from './progress.ts';
import {
  appendLine,
  beginRun,
  assertSamePhysics,
  BEST_FILE,
  CHECKPOINT_FILE,
  EVALUATIONS_FILE,
  LOSSES_FILE,
  reopenRun,
  writePending,
  writeWhole,
} from './run-folder.ts';
import { pointLine } from './score-cells.ts';

export interface RunPlan {
  folder: string;
  /** Whether to continue from the last checkpoint of the folder. */
  resume: boolean;
  /** A full checkpoint of another run to continue from in a new folder, or null. */
  from: Checkpoint | null;
  /** Numbers of candidates that each evaluation uses. */
  candidates: readonly number[];
  variant: PhysicsVariant;
}

export interface RunContext {
  engine: string;
  physics: string;
  pool: RolloutPool;
  console: Console;
}

export interface RunReport {
  seed: number;
  folder: string;
  steps: number;
  seconds: number;
  summaries: RunSummary[];
  losses: Record<string, number>;
}

/**
 * Trains and evaluates, and disposes the trainer at the end.
 *
 * @throws CheckFailed If a loss is not finite; UsageError or Error if the folder's run cannot be resumed.
 */
export async function trainRun(
  trainer: LocomotionTrainer,
  { folder, resume, from, candidates, variant }: RunPlan,
  { engine, physics, pool, console }: RunContext,
): Promise<RunReport> {
  const { experiment, dataset } = trainer;
  const { task, method, seed, evaluation } = experiment;
  const { environment, published } = LOCOMOTION_TASKS[task];
  const name = `${LOCOMOTION_METHODS[method].name}, ${task}, seed ${seed}`;
  const points: EvaluationPoint[] = [];
  const play = async (step: number, policies: readonly NetworkPolicy[]) => {
    const first = Math.round(step / evaluation.every) * evaluation.episodes;
    const plan = { environment, variant, seed, first, episodes: evaluation.episodes };
    const all: Evaluation[] = [];
    for (const [i, policy] of policies.entries()) {
      all.push(await evaluate(policy, { ...plan, candidates: candidates[i]! }, pool));
    }
    return all;
  };
  /** The policy under evaluation, as a file. */
  let pending: Uint8Array | null = null;
  const storePolicy = async (policy: Uint8Array) => {
    pending = policy;
    await writePending(folder, policy);
  };
  const storePoint = async (point: EvaluationPoint) => {
    if (points.every((other) => meritOf(point) > meritOf(other))) {
      const { step: _step, ...scores } = point;
      await writeWhole(join(folder, BEST_FILE), encodePolicy(decodeCheckpoint(pending!), { physics, ...scores }));
    }
    points.push(point);
    await appendLine(folder, EVALUATIONS_FILE, point);
    await writePending(folder, null);
    console.progress(`${name}: ${pointLine(point)}\n`);
  };
  /** Settings that were changed during training on the page that the run comes from. */
  let live: RunHistory['live'] = [];
  const continueFrom = (checkpoint: Checkpoint) => {
    resumeFrom(trainer, checkpoint);
    ({ live } = historyUpTo(historyOf(checkpoint.notes), checkpoint.step));
    for (const { settings } of live) trainer.configure(settings);
  };
  const save = async () => {
    const notes = { physics, engine, ...(live.length > 0 && { live }) };
    await writeWhole(join(folder, CHECKPOINT_FILE), await encodeCheckpoint(trainer, { notes }));
  };
  /** Continues another run's checkpoint in this folder, with its curves. */
  const continueFromFile = async (checkpoint: Checkpoint): Promise<ResumeState> => {
    assertResumable(checkpoint);
    const history = historyUpTo(historyOf(checkpoint.notes), checkpoint.step);
    const played = String(checkpoint.notes['physics']);
    if (history.points.length > 0) assertSamePhysics(physics, played, 'The checkpoint');
    continueFrom(checkpoint);
    await beginRun(folder, { experiment, dataset, engine, physics });
    for (const line of history.losses) await appendLine(folder, LOSSES_FILE, line);
    for (const line of history.points) await appendLine(folder, EVALUATIONS_FILE, line);
    points.push(...history.points);
    await save();
    return resumeStateWith(history.losses);
  };
  const resumeStateWith = (losses: readonly LossLine[]): ResumeState => {
    const point = points.at(-1)?.step ?? 0;
    return { point, losses: losses.filter(({ step }) => step > point) };
  };
  /** Continues from the folder's checkpoint, and finishes an interrupted evaluation. */
  const reopen = async (): Promise<ResumeState> => {
    const interrupted = await reopenRun(folder, physics);
    if (interrupted.checkpoint) continueFrom(interrupted.checkpoint);
    points.push(...interrupted.points);
    if (interrupted.pending) {
      const { step, notes } = interrupted.pending;
      pending = encodePolicy(interrupted.pending, {});
      const policies = candidates.map((count) => policyOf(interrupted.pending!, { candidates: count }));
      const bcLoss = typeof notes['bcLoss'] === 'number' ? notes['bcLoss'] : null;
      await storePoint({ step, bcLoss, evaluations: await play(step, policies) });
    }
    return resumeStateWith(interrupted.losses);
  };
  try {
    await trainer.compileAhead();
    const resumed = resume ? await reopen() : from && (await continueFromFile(from));
    if (!resumed) await beginRun(folder, { experiment, dataset, engine, physics });
    const progress = progressOf(trainer, name, console);
    await runLocomotion(trainer, {
      candidates,
      evaluate: play,
      ...(resumed && { resumed }),
      onSnapshot: async (_, bcLoss) => {
        await storePolicy(await encodeCheckpoint(trainer, { policyOnly: true, notes: { bcLoss } }));
      },
      onLosses: async (losses) => {
        await appendLine(folder, LOSSES_FILE, { ...losses, seconds: trainer.seconds });
        progress(trainer.alarm());
      },
      onPoint: storePoint,
      onSave: save,
    });
    if (trainer.divergence) {
      const { quantity, step } = trainer.divergence;
      throw new CheckFailed(
        `${name}: ${quantity} is no finite number after step ${step}. The last checkpoint is as it was; a lower rate, a lower η or a gradient clip may help.`,
      );
    }
    return {
      seed,
      folder,
      steps: trainer.step,
      seconds: trainer.seconds,
      summaries: summarise(points, published.topK),
      losses: trainer.losses,
    };
  } finally {
    trainer.dispose();
  }
}

function progressOf(trainer: LocomotionTrainer, name: string, console: Console): (alarm: string | null) => void {
  const isDue = trainingLines();
  const from = { step: trainer.step, seconds: trainer.seconds };
  let alarmed = false;
  return (alarm) => {
    if (alarm && !alarmed) console.progress(`${name}: ${alarm}\n`);
    alarmed = alarm !== null;
    if (!isDue()) return;
    const rate = (trainer.step - from.step) / (trainer.seconds - from.seconds);
    const left = (trainer.experiment.budget - trainer.step) / rate;
    const losses = Object.entries(trainer.losses).map(([key, value]) => `${key} ${value.toPrecision(3)}`);
    console.progress(
      `${name}: step ${trainer.step} of ${trainer.experiment.budget}, ${rate.toFixed(1)} steps/s, ${Math.ceil(left / 60)} min left; ${losses.join(', ')}\n`,
    );
  };
}
