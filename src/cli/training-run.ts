/** One run of `lab train` in its folder: from its beginning, or from where it was left, to its budget. */
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
  demandSame,
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
  /** Goes on from the last checkpoint of the folder. */
  resume: boolean;
  /** Begins the folder with a whole checkpoint from elsewhere, and goes on from that. */
  from: Checkpoint | null;
  /** Numbers of candidates that each point is evaluated with. */
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
 * Trains and evaluates; the trainer is disposed of.
 *
 * @throws CheckFailed if a loss is not finite; UsageError or Error if the folder's run cannot go on.
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
  /** The policy of the point that is being played, as a file. */
  let pending: Uint8Array | null = null;
  const keepPolicy = async (policy: Uint8Array) => {
    pending = policy;
    await writePending(folder, policy);
  };
  const keepPoint = async (point: EvaluationPoint) => {
    if (points.every((other) => meritOf(point) > meritOf(other))) {
      const { step: _step, ...scores } = point;
      await writeWhole(join(folder, BEST_FILE), encodePolicy(decodeCheckpoint(pending!), { physics, ...scores }));
    }
    points.push(point);
    await appendLine(folder, EVALUATIONS_FILE, point);
    await writePending(folder, null);
    console.progress(`${name}: ${pointLine(point)}\n`);
  };
  /** Settings that were changed while the run went on, on the page that it comes from. */
  let live: RunHistory['live'] = [];
  const goOnFrom = (checkpoint: Checkpoint) => {
    resumeFrom(trainer, checkpoint);
    ({ live } = historyUpTo(historyOf(checkpoint.notes), checkpoint.step));
    for (const { settings } of live) trainer.configure(settings);
  };
  const save = async () => {
    const notes = { physics, engine, ...(live.length > 0 && { live }) };
    await writeWhole(join(folder, CHECKPOINT_FILE), await encodeCheckpoint(trainer, { notes }));
  };
  /** Takes a run over with its curves. */
  const takeOver = async (checkpoint: Checkpoint): Promise<ResumeState> => {
    assertResumable(checkpoint);
    const history = historyUpTo(historyOf(checkpoint.notes), checkpoint.step);
    const played = String(checkpoint.notes['physics']);
    if (history.points.length > 0) demandSame(physics, played, 'The checkpoint');
    goOnFrom(checkpoint);
    await beginRun(folder, { experiment, dataset, engine, physics });
    for (const line of history.losses) await appendLine(folder, LOSSES_FILE, line);
    for (const line of history.points) await appendLine(folder, EVALUATIONS_FILE, line);
    points.push(...history.points);
    await save();
    return leftAfter(history.losses);
  };
  const leftAfter = (losses: readonly LossLine[]): ResumeState => {
    const point = points.at(-1)?.step ?? 0;
    return { point, losses: losses.filter(({ step }) => step > point) };
  };
  /** Goes on from the folder's checkpoint, and plays what was not played to its end. */
  const reopen = async (): Promise<ResumeState> => {
    const left = await reopenRun(folder, physics);
    if (left.checkpoint) goOnFrom(left.checkpoint);
    points.push(...left.points);
    if (left.pending) {
      const { step, notes } = left.pending;
      pending = encodePolicy(left.pending, {});
      const policies = candidates.map((count) => policyOf(left.pending!, { candidates: count }));
      const bcLoss = typeof notes['bcLoss'] === 'number' ? notes['bcLoss'] : null;
      await keepPoint({ step, bcLoss, evaluations: await play(step, policies) });
    }
    return leftAfter(left.losses);
  };
  try {
    await trainer.compileAhead();
    const resumed = resume ? await reopen() : from && (await takeOver(from));
    if (!resumed) await beginRun(folder, { experiment, dataset, engine, physics });
    const progress = progressOf(trainer, name, console);
    await runLocomotion(trainer, {
      candidates,
      evaluate: play,
      ...(resumed && { resumed }),
      onSnapshot: async (_, bcLoss) => {
        await keepPolicy(await encodeCheckpoint(trainer, { policyOnly: true, notes: { bcLoss } }));
      },
      onLosses: async (losses) => {
        await appendLine(folder, LOSSES_FILE, { ...losses, seconds: trainer.seconds });
        progress(trainer.alarm());
      },
      onPoint: keepPoint,
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
