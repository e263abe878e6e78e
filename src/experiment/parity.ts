/**
 * Replays a recorded run of the published agent (a parity case) through the algorithm of the page, and compares losses
 * and parameters. A case is a safetensors file with the batches and random draws of each step and the parameters before
 * and after. Its metadata hold the configuration and the losses of each step.
 */
import { dispose, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import type { Batch, StepMetrics } from '../algorithms/algorithm.ts';
import { DiffusionQL } from '../algorithms/diffusion-ql.ts';
import type { Network } from '../networks/network.ts';
import { hostTensor } from '../tensor/step-input.ts';
import type { SteppedDraws, StepRunner } from './webgpu-step-runner.ts';
import { decodeSafetensors, type SafetensorsTensor } from './safetensors.ts';
import { createStepRunner } from './step-runner.ts';

/** Upper bound of both errors. */
export const PARITY_TOLERANCE = 1e-4;

const DISCOUNT = 0.99;
const TAU = 0.005;

const configSchema = z.object({
  S: z.int().min(1),
  A: z.int().min(1),
  H: z.int().min(1),
  T: z.int().min(1),
  sched: z.enum(['vp', 'linear', 'cosine']),
  eta: z.number(),
  mqb: z.boolean(),
  gn: z.number().min(0),
  lr: z.number().positive(),
  critic_lr: z.number().positive(),
  ema_start: z.int().min(0),
  ema_every: z.int().min(1),
  ema_decay: z.number(),
  batch_size: z.int().min(1),
  steps: z.int().min(1),
});

const lossesSchema = z.array(z.record(z.string(), z.number()));

/** The names of the losses in the file, and ours. */
const LOSSES: Readonly<Record<string, string>> = {
  bc_loss: 'bcLoss',
  ql_loss: 'qLoss',
  actor_loss: 'actorLoss',
  critic_loss: 'criticLoss',
  target_q_mean: 'targetQ',
  actor_grad_norm: 'actorGradientNorm',
  critic_grad_norm: 'criticGradientNorm',
};

interface ParityStep {
  /** From 1. */
  step: number;
  /** Relative error of each loss, by the recording's name. */
  lossErrors: Record<string, number>;
  /** Largest absolute error of each group of parameters, where the recording has them after this step. */
  parameterErrors: Record<string, number> | null;
}

export interface ParityReport {
  steps: ParityStep[];
  maxLossError: number;
  maxParameterError: number;
}

function parseMetadata<T>(metadata: Record<string, string>, key: string, schema: z.ZodType<T>): T {
  const text = metadata[key];
  if (text === undefined) throw new Error(`The file is no parity case: its metadata have no "${key}".`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(`The metadata "${key}" are not JSON.`);
  }
  const result = schema.safeParse(value);
  if (!result.success) throw new Error(`The metadata "${key}" do not fit: ${z.prettifyError(result.error)}`);
  return result.data;
}

class ReferenceRun {
  readonly #tensors: Record<string, SafetensorsTensor>;

  constructor(tensors: Record<string, SafetensorsTensor>) {
    this.#tensors = tensors;
  }

  has(name: string): boolean {
    return name in this.#tensors;
  }

  find(name: string): SafetensorsTensor {
    const found = this.#tensors[name];
    if (!found) throw new Error(`The recording has no tensor "${name}".`);
    return found;
  }

  /** A tensor with a value for each step, all of one shape; `step` returns the present step of the replay. */
  tensor(name: string, step: () => number): Tensor {
    const at = (): SafetensorsTensor => this.find(`step${step()}.${name}`);
    const { shape, dtype } = at();
    const whole = dtype === 'I32' || dtype === 'I64';
    const values = () => (whole ? Int32Array.from(at().data) : Float32Array.from(at().data));
    return hostTensor(values, shape, whole ? 'int32' : 'float32');
  }

  /** Parameters of one network as recorded under `prefix`. */
  parameters(prefix: string, network: Network): Record<string, SafetensorsTensor> {
    return Object.fromEntries(Object.keys(network.shapes()).map((name) => [name, this.find(`${prefix}.${name}`)]));
  }
}

/** Our names of the draws of a step, and those in the file. */
const DRAWS: Readonly<Record<string, string>> = {
  'next-action-noise': 'next_action_noise',
  'new-action-noise': 'new_action_noise',
  'cloning-noise': 'q_sample_noise',
  timesteps: 't',
};

/** Recorded batches and draws, in place of random ones. */
class RecordedDraws implements SteppedDraws {
  readonly #recording: ReferenceRun;
  readonly #coins: readonly number[];
  #step = 0;

  /** @param coins of each step */
  constructor(recording: ReferenceRun, coins: readonly number[]) {
    this.#recording = recording;
    this.#coins = coins;
  }

  at(step: number): this {
    this.#step = step;
    return this;
  }

  batch(): Batch {
    const part = (name: string) => this.#recording.tensor(name, () => this.#step) as Tensor2D;
    return {
      states: part('state'),
      actions: part('action'),
      nextStates: part('next_state'),
      rewards: part('reward'),
      notDone: part('not_done'),
    };
  }

  normal(name: string, shape: readonly number[]): Tensor {
    return this.#recorded(name, shape);
  }

  uniform(name: string): Tensor {
    throw new Error(`The recording has no uniform draw "${name}".`);
  }

  integers(name: string, shape: readonly number[]): Tensor {
    return this.#recorded(name, shape);
  }

  coin(): number {
    return this.#coins[this.#step] as number;
  }

  #recorded(name: string, shape: readonly number[]): Tensor {
    const recorded = DRAWS[name] ?? name;
    const found = this.#recording.tensor(recorded, () => this.#step);
    if (found.shape.join() !== shape.join()) {
      const full = `step${this.#step}.${recorded}`;
      throw new Error(`"${full}" has shape [${found.shape.join(', ')}]; this step draws [${shape.join(', ')}].`);
    }
    return found;
  }
}

/** Numbers by name, of scalars that are disposed. */
async function readScalars(scalars: StepMetrics): Promise<Record<string, number>> {
  const values: Record<string, number> = {};
  for (const [name, scalar] of Object.entries(scalars)) values[name] = (await scalar.data())[0] as number;
  dispose(scalars);
  return values;
}

function compareLosses(losses: Record<string, number>, expected: Record<string, number>): Record<string, number> {
  const errors: Record<string, number> = {};
  for (const [recorded, ours] of Object.entries(LOSSES)) {
    const want = expected[recorded];
    const value = losses[ours];
    if (want === undefined || value === undefined) continue;
    // NaN counts as the largest error.
    const error = Math.abs(value - want) / Math.max(Math.abs(want), 1e-8);
    errors[recorded] = Number.isFinite(error) ? error : Infinity;
  }
  return errors;
}

async function compareParameters(
  recording: ReferenceRun,
  prefix: string,
  networks: Readonly<Record<string, Network>>,
): Promise<Record<string, number>> {
  const errors: Record<string, number> = {};
  for (const [role, network] of Object.entries(networks)) {
    const values = await network.read();
    for (const [name, expected] of Object.entries(recording.parameters(`${prefix}.${role}`, network))) {
      const group = `${role}.${name.split('.')[0]}`;
      let largest = errors[group] ?? 0;
      const { data } = values[name] as { data: Float32Array };
      for (let i = 0; i < data.length; i++) {
        const error = Math.abs((data[i] as number) - (expected.data[i] as number));
        largest = error <= largest ? largest : error;
      }
      errors[group] = Number.isFinite(largest) ? largest : Infinity;
    }
  }
  return errors;
}

function largest(errors: Iterable<number>): number {
  return Math.max(0, ...errors);
}

/**
 * Replays a parity case on the running backend: through tfjs, or by recorded steps (the default on WebGPU and wasm).
 * @throws Error that names what the file lacks, or which tensor has another shape than its configuration asks for.
 */
export async function replayParityCase(
  bytes: Uint8Array,
  { recorded: byRecording = true } = {},
): Promise<ParityReport> {
  const { tensors, metadata } = decodeSafetensors(bytes);
  const config = parseMetadata(metadata, 'config', configSchema);
  const losses = parseMetadata(metadata, 'losses', lossesSchema);
  const recording = new ReferenceRun(tensors);
  const rows = Array.from({ length: config.steps }, (_, i) => {
    const row = losses[i];
    if (!row) throw new Error(`The metadata "losses" have ${losses.length} rows for ${config.steps} steps.`);
    if (row['coin'] === undefined) throw new Error(`Row ${i} of the metadata "losses" has no "coin".`);
    return row;
  });
  const draws = new RecordedDraws(
    recording,
    rows.map((row) => row['coin'] as number),
  );
  const embedding = recording.find('initial.actor.time_mlp.1.weight').shape[1] as number;
  const agent = new DiffusionQL(
    {
      hidden: config.H,
      diffusionSteps: config.T,
      schedule: config.sched,
      timeWidth: embedding,
      learningRate: config.lr,
      criticLearningRate: config.critic_lr,
      decay: 'none',
      decaySteps: 1,
      criticDecaySteps: 1,
      eta: config.eta,
      normalizeQ: true,
      gradientSteps: 0,
      gradientClip: config.gn,
      emaDecay: config.ema_decay,
      emaStart: config.ema_start,
      emaEvery: config.ema_every,
      sampler: 'ancestral',
      ddimSteps: config.T,
      sampleWith: 'raw',
      candidates: 1,
      candidateChoice: 'softmax',
      bootstrap: { discount: DISCOUNT, tau: TAU, maxQBackup: config.mqb },
    },
    { stateWidth: config.S, actionWidth: config.A },
    0,
  );
  const replay = byRecording ? createStepRunner(agent, draws, () => draws.batch()) : null;
  try {
    for (const [role, network] of Object.entries(agent.networks)) {
      const initial = recording.parameters(`initial.${role}`, network);
      network.write(initial as Record<string, { shape: number[]; data: Float32Array }>);
    }
    const steps: ParityStep[] = [];
    for (const [i, expected] of rows.entries()) {
      const lossErrors = compareLosses(await train(agent, draws.at(i), replay), expected);
      const prefix = `after${i + 1}`;
      const compared = recording.has(`${prefix}.actor.final_layer.weight`);
      steps.push({
        step: i + 1,
        lossErrors,
        parameterErrors: compared ? await compareParameters(recording, prefix, agent.networks) : null,
      });
    }
    return {
      steps,
      maxLossError: largest(steps.flatMap((step) => Object.values(step.lossErrors))),
      maxParameterError: largest(steps.flatMap((step) => Object.values(step.parameterErrors ?? {}))),
    };
  } finally {
    replay?.clear();
    agent.dispose();
  }
}

/** Runs the present step of the draws. Returns its losses. */
async function train(
  agent: DiffusionQL,
  draws: RecordedDraws,
  replay: StepRunner | null,
): Promise<Record<string, number>> {
  const [report] = (await replay?.run(1)) ?? [];
  if (report) return report.losses;
  const batch = draws.batch();
  const losses = await readScalars(agent.trainStep(batch, draws));
  dispose({ ...batch });
  return losses;
}
