/** One episode of a policy in an environment. */
import type { Environment } from '../environment.ts';
import { EPISODE_STEPS } from '../bodies/index.ts';
import type { Actor } from './network-policy.ts';
import type { EpisodeRequest, EpisodeResult, EpisodeRows, ObservationMoments, RolloutSetting } from './protocol.ts';

/** Plays an episode to its end. The same order always gives the same result, on any worker. */
export function playEpisode(
  environment: Environment,
  actor: Actor,
  order: EpisodeRequest,
  setting: Pick<RolloutSetting, 'rows' | 'moments' | 'timeEngine'> = {},
): EpisodeResult {
  const { body, observation } = environment;
  const action = new Float64Array(body.actions);
  const rows = setting.rows || setting.timeEngine ? new RowLog(body.observations, body.actions) : null;
  const moments = setting.moments ? new Moments(body.observations) : null;
  environment.reset(order.episode);
  let sum = 0;
  for (let step = 0; ; step++) {
    actor(observation, step, order.episode, action);
    for (let i = 0; i < action.length; i++) action[i] = Math.max(-1, Math.min(1, action[i]!));
    moments?.add(observation);
    rows?.before(step, observation, action);
    const { reward, terminal, timeout } = environment.step(action);
    rows?.after(step, reward);
    sum += reward;
    if (!terminal && !timeout) continue;
    const steps = step + 1;
    return {
      ...order,
      return: sum,
      steps,
      terminal,
      ...(setting.rows && rows && { rows: rows.taken(steps) }),
      ...(moments && { moments }),
      ...(setting.timeEngine && rows && { engineSeconds: timeEngine(environment, order.episode, rows.taken(steps)) }),
    };
  }
}

/** Seconds of the same steps in the bare engine, without rewards, observations and policy. */
function timeEngine(environment: Environment, episode: number, { actions, rewards }: EpisodeRows): number {
  const { body, physics } = environment;
  environment.reset(episode);
  const start = performance.now();
  for (let step = 0; step < rewards.length; step++) {
    const { ctrl } = physics.state();
    for (let i = 0; i < body.actions; i++) ctrl[i] = actions[step * body.actions + i]!;
    physics.step(body.frameSkip);
  }
  return (performance.now() - start) / 1000;
}

/** Rows of an episode, up to the time limit. */
export class RowLog {
  readonly #observations: Float32Array;
  readonly #actions: Float32Array;
  readonly #rewards: Float32Array;
  readonly #widths: { observation: number; action: number };

  constructor(observation: number, action: number) {
    this.#widths = { observation, action };
    this.#observations = new Float32Array(EPISODE_STEPS * observation);
    this.#actions = new Float32Array(EPISODE_STEPS * action);
    this.#rewards = new Float32Array(EPISODE_STEPS);
  }

  before(step: number, observation: Float64Array, action: Float64Array): void {
    this.#observations.set(observation, step * this.#widths.observation);
    this.#actions.set(action, step * this.#widths.action);
  }

  after(step: number, reward: number): void {
    this.#rewards[step] = reward;
  }

  taken(steps: number): EpisodeRows {
    return {
      observations: this.#observations.slice(0, steps * this.#widths.observation),
      actions: this.#actions.slice(0, steps * this.#widths.action),
      rewards: this.#rewards.slice(0, steps),
    };
  }
}

class Moments implements ObservationMoments {
  count = 0;
  readonly sum: Float64Array;
  readonly squares: Float64Array;

  constructor(width: number) {
    this.sum = new Float64Array(width);
    this.squares = new Float64Array(width);
  }

  add(observation: Float64Array): void {
    this.count++;
    for (let i = 0; i < observation.length; i++) {
      const value = observation[i]!;
      this.sum[i]! += value;
      this.squares[i]! += value * value;
    }
  }
}
