/**
 * Training data of a run: transitions with shaped rewards and optionally normalised states, and the batch of each step.
 * The trajectories may come from a folder, the browser's library or a rollout.
 */
import { dispose, gather, keep, tensor1d, tensor2d, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import type { Batch, Widths } from '../algorithms/algorithm.ts';
import {
  countTransitions,
  shapeRewards,
  transitionRows,
  type RewardShaping,
  type Trajectories,
} from '../datasets/transitions.ts';
import { parseEnvironmentId } from '../environments/bodies/ids.ts';
import { BODIES } from '../environments/bodies/index.ts';
import type { StateNormalisation } from '../environments/rollouts/network-policy.ts';
import { RandomStream } from '../math/streams.ts';
import type { Draws } from '../tensor/draws.ts';
import { runningGpu } from '../tensor/engine.ts';
import { releaseDeviceArray, deviceArrayTensor } from '../tensor/device-array.ts';
import type { DatasetIdentity } from './dataset-identity.ts';
import { LOCOMOTION_TASKS, type LocomotionTaskId } from './tasks.ts';

/** The random stream of batches. */
const BATCHES = 'batches';
/** Added to a column's standard deviation before division (Fujimoto & Gu, 2021). */
const DEVIATION_FLOOR = 1e-3;

/** A dataset in memory. */
export interface Dataset extends DatasetIdentity {
  trajectories: Trajectories;
  /** The run owns the rows: it may change them in place, and move them. Default false. */
  takenOver?: boolean;
}

/** The facts that decide whether a dataset fits a task. */
interface RowsSummary {
  id: string;
  /** As in the manifest: a body's or Gym's name, or null. */
  environment: string | null;
  /** Numbers per row. */
  observations: number;
  actions: number;
  transitions: number;
}

/** @throws Error if the rows belong to another body than the task's, have other widths, or contain no transition. */
export function checkRows(
  { id, environment, observations, actions, transitions }: RowsSummary,
  task: LocomotionTaskId,
): void {
  const { environment: body } = LOCOMOTION_TASKS[task];
  const expected = BODIES[body];
  const found = parseEnvironmentId(environment);
  if (found !== null && found !== body) {
    throw new Error(`${id} is data of ${found}; ${task} learns from data of ${body}.`);
  }
  if (observations !== expected.observations || actions !== expected.actions) {
    throw new Error(
      `${id} has rows of ${observations} observations and ${actions} actions; ${task} has ${expected.observations} and ${expected.actions}.`,
    );
  }
  if (transitions === 0) throw new Error(`${id} has no transition to learn from.`);
}

/** As `checkRows`, for rows in memory. */
export function checkDataset(
  { id, environment, trajectories }: Pick<Dataset, 'id' | 'environment' | 'trajectories'>,
  task: LocomotionTaskId,
): void {
  const rows = trajectories.rewards.length;
  if (rows === 0) throw new Error(`${id} has no transition to learn from.`);
  const observations = trajectories.observations.length / rows;
  const actions = trajectories.actions.length / rows;
  checkRows({ id, environment, observations, actions, transitions: countTransitions(trajectories.timeouts) }, task);
}

interface DataOptions {
  seed: number;
  rewards: RewardShaping;
  normalizeStates: boolean;
  /** The caller gives up the trajectories: states are normalised in place. */
  takenOver?: boolean;
}

/** Batches of transitions, drawn with replacement from the stream `batches`; they depend only on seed and step. */
export class TransitionData {
  readonly widths: Widths;
  /** Normalisation of states, or null. */
  readonly normalisation: StateNormalisation | null;
  /** Largest absolute reward, after shaping. */
  readonly largestReward: number;
  /** Transitions. */
  readonly count: number;
  /** The rows on the host, until they are moved to the device. */
  #columns: Columns | null;
  readonly #stream: RandomStream;
  readonly #indices = new Map<number, Int32Array>();
  #resident: Resident | null = null;

  /** @throws Error if a reward shaping would divide by 0. */
  constructor(trajectories: Trajectories, { seed, rewards, normalizeStates, takenOver = false }: DataOptions) {
    const rows = trajectories.rewards.length;
    const stateWidth = trajectories.observations.length / rows;
    this.widths = { stateWidth, actionWidth: trajectories.actions.length / rows };
    this.normalisation = normalizeStates ? momentsOf(trajectories.observations, stateWidth) : null;
    const { observations, actions, terminals } = trajectories;
    const states = this.normalisation && !takenOver ? observations.slice() : observations;
    if (this.normalisation) normalise(states, this.normalisation);
    const shaped = shapeRewards(trajectories, rewards);
    const numbers = transitionRows(trajectories.timeouts);
    this.#columns = {
      states,
      actions,
      rewards: shaped,
      terminals,
      numbers,
    };
    this.largestReward = shaped.reduce((most, reward) => Math.max(most, Math.abs(reward)), 0);
    this.count = numbers.length;
    this.#stream = new RandomStream(seed, BATCHES);
  }

  /** The batch of a step, built on the host; the caller disposes it. @throws Error once the rows have been moved. */
  batch(step: number, size: number): Batch {
    const { stateWidth, actionWidth } = this.widths;
    const { states, actions, rewards, terminals, numbers } = this.#onHost();
    let indices = this.#indices.get(size);
    if (!indices) this.#indices.set(size, (indices = new Int32Array(size)));
    this.#stream.fillIntegers(indices, this.count, step);
    const batch = {
      states: new Float32Array(size * stateWidth),
      actions: new Float32Array(size * actionWidth),
      rewards: new Float32Array(size),
      nextStates: new Float32Array(size * stateWidth),
      notDone: new Float32Array(size),
    };
    for (let i = 0; i < size; i++) {
      const row = numbers[indices[i]!]!;
      const at = row * stateWidth;
      batch.states.set(states.subarray(at, at + stateWidth), i * stateWidth);
      batch.nextStates.set(states.subarray(at + stateWidth, at + 2 * stateWidth), i * stateWidth);
      batch.actions.set(actions.subarray(row * actionWidth, (row + 1) * actionWidth), i * actionWidth);
      batch.rewards[i] = rewards[row]!;
      batch.notDone[i] = terminals[row] ? 0 : 1;
    }
    return {
      states: tensor2d(batch.states, [size, stateWidth]),
      actions: tensor2d(batch.actions, [size, actionWidth]),
      rewards: tensor2d(batch.rewards, [size, 1]),
      nextStates: tensor2d(batch.nextStates, [size, stateWidth]),
      notDone: tensor2d(batch.notDone, [size, 1]),
    };
  }

  /** The batch of the current step of `draws`, gathered on the device: the same rows as `batch`. */
  drawBatch(draws: Draws, size: number): Batch {
    const resident = this.#upload();
    const drawn = draws.integers(BATCHES, [size], this.count) as Tensor1D;
    const rows: Tensor1D = gather(resident.rows, drawn);
    const nextRows: Tensor1D = gather(resident.nextRows, drawn);
    const batch: Batch = {
      states: gather(resident.states, rows),
      actions: gather(resident.actions, rows),
      rewards: gather(resident.rewards, rows),
      nextStates: gather(resident.states, nextRows),
      notDone: gather(resident.notDone, rows),
    };
    for (const tensor of [drawn, rows, nextRows]) tensor.dispose();
    return batch;
  }

  dispose(): void {
    if (this.#resident) dispose({ ...this.#resident });
    else if (this.#columns)
      for (const values of [this.#columns.states, this.#columns.actions]) releaseDeviceArray(values);
    this.#resident = null;
  }

  /**
   * Moves the rows to the device and frees those on the host. A transition reads its next state at the following row of
   * the same tensor. Afterwards only `drawBatch` works.
   */
  move(): void {
    const { states, actions, rewards, notDone, rows, nextRows } = this.#upload();
    for (const { dataId } of [states, actions, rewards, notDone, rows, nextRows]) runningGpu()?.uploadToGPU(dataId);
    this.#columns = null;
  }

  /** The rows on the device, uploaded once. */
  #upload(): Resident {
    return (this.#resident ??= this.#createResident());
  }

  #onHost(): Columns {
    if (!this.#columns) throw new Error('The rows have been moved to where the tensors are; the host has none.');
    return this.#columns;
  }

  #createResident(): Resident {
    const { stateWidth, actionWidth } = this.widths;
    const { states, actions, rewards, terminals, numbers } = this.#onHost();
    const n = rewards.length;
    // A loop, because `from` would first create a list.
    const notDone = new Float32Array(n);
    for (let row = 0; row < n; row++) notDone[row] = terminals[row] ? 0 : 1;
    const nextRows = new Int32Array(numbers.length);
    for (let i = 0; i < numbers.length; i++) nextRows[i] = numbers[i]! + 1;
    return {
      states: keep(deviceArrayTensor(states, [n, stateWidth])),
      actions: keep(deviceArrayTensor(actions, [n, actionWidth])),
      rewards: keep(tensor2d(rewards, [n, 1])),
      notDone: keep(tensor2d(notDone, [n, 1])),
      rows: keep(tensor1d(new Int32Array(numbers.buffer), 'int32')),
      nextRows: keep(tensor1d(nextRows, 'int32')),
    };
  }
}

/** Rows in memory: states [n, S] and actions [n, A] row-major, the rest [n]; and the rows that start a transition. */
interface Columns {
  states: Float32Array;
  actions: Float32Array;
  rewards: Float32Array;
  terminals: Uint8Array;
  numbers: Uint32Array<ArrayBuffer>;
}

/** The rows as tensors [n, …], and the rows that start a transition. */
interface Resident {
  states: Tensor2D;
  actions: Tensor2D;
  rewards: Tensor2D;
  notDone: Tensor2D;
  rows: Tensor1D;
  nextRows: Tensor1D;
}

/** Mean and standard deviation of each column over all rows. */
function momentsOf(values: Float32Array, width: number): StateNormalisation {
  const rows = values.length / width;
  const mean = new Float64Array(width);
  const squares = new Float64Array(width);
  for (let i = 0; i < values.length; i++) mean[i % width]! += values[i]! / rows;
  for (let i = 0; i < values.length; i++) squares[i % width]! += (values[i]! - mean[i % width]!) ** 2 / rows;
  return {
    mean: Float32Array.from(mean),
    deviation: Float32Array.from(squares, (square) => Math.sqrt(square) + DEVIATION_FLOOR),
  };
}

/** Standardises each column in place. */
function normalise(values: Float32Array, { mean, deviation }: StateNormalisation): void {
  const width = mean.length;
  for (let i = 0; i < values.length; i++) values[i] = (values[i]! - mean[i % width]!) / deviation[i % width]!;
}
