/** A small dataset of a body and experiments on it, for tests. */
import type { Trajectories } from '../datasets/transitions.ts';
import { BODIES } from '../environments/bodies/index.ts';
import type { EnvironmentId } from '../environments/bodies/ids.ts';
import { RandomStream } from '../math/streams.ts';
import type { Dataset } from './data.ts';
import { presetLocomotion, type LocomotionExperiment } from './experiment.ts';
import type { LocomotionMethodId } from './methods.ts';
import type { LocomotionSettings } from './settings.ts';

/** A dataset whose actions follow the state; episodes of 20 rows end alternately with a terminal and a timeout. */
export function smallDataset(environment: EnvironmentId = 'hopper', rows = 200): Dataset {
  const { observations: width, actions: actionWidth } = BODIES[environment];
  const observations = new Float32Array(rows * width);
  new RandomStream(2, 'observations').fillNormal(observations, 0);
  const actions = Float32Array.from({ length: rows * actionWidth }, (_, i) =>
    Math.tanh(observations[Math.floor(i / actionWidth) * width + (i % actionWidth)]!),
  );
  const last = (row: number) => row % 20 === 19;
  const trajectories: Trajectories = {
    observations,
    actions,
    rewards: Float32Array.from({ length: rows }, (_, row) => 1 + 0.5 * actions[row * actionWidth]!),
    terminals: Uint8Array.from({ length: rows }, (_, row) => (last(row) && row % 40 < 20 ? 1 : 0)),
    timeouts: Uint8Array.from({ length: rows }, (_, row) => (last(row) && row % 40 >= 20 ? 1 : 0)),
  };
  return { id: 'small', environment, rows, meanReturn: 20, provenance: 'made for a test', trajectories };
}

/** An experiment on hopper with tiny networks. */
export function smallExperiment(
  method: LocomotionMethodId,
  settings: Partial<LocomotionSettings> = {},
): LocomotionExperiment {
  return {
    ...presetLocomotion('hopper-medium-expert', method, 'small'),
    seed: 3,
    settings: {
      hidden: 8,
      batchSize: 8,
      diffusionSteps: 3,
      timeWidth: 4,
      emaStart: 4,
      emaEvery: 3,
      rewards: 'none',
      ...settings,
    },
  };
}
