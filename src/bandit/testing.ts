/** For tests: experiments of every kind. */
import { METHOD_IDS } from './methods.ts';
import { MODE_BOUNDS, placementModes, snapPainted } from '../datasets/bandit.ts';
import { RandomStream } from '../math/streams.ts';
import type { Experiment } from './experiment.ts';
import { PRESET_BUDGET } from './presets.ts';
import { SETTING_FIELDS } from './settings.ts';

export const SEEDS = Array.from({ length: 60 }, (_, seed) => seed);

/** A valid experiment with every field drawn at random. */
export function randomExperiment(seed: number): Experiment {
  const stream = new RandomStream(seed, 'experiment');
  let drawn = 0;
  const uniform = () => stream.uniform(drawn++);
  const below = (bound: number) => Math.floor(uniform() * bound);
  const coin = () => uniform() < 0.5;
  const within = ({ min, max }: { min: number; max: number }) => min + (max - min) * uniform();

  const settings: Record<string, unknown> = {};
  for (const field of SETTING_FIELDS) {
    if (coin()) continue;
    if (field.type === 'flag') settings[field.key] = coin();
    else if (field.type === 'choice') settings[field.key] = field.options[below(field.options.length)]!.value;
    else if (field.type === 'number') settings[field.key] = within(field);
    else {
      const unit = field.multipleOf ?? 1;
      settings[field.key] = field.min + unit * below((field.max - field.min) / unit + 1);
    }
  }
  const preset = coin() ? 'paper' : 'fast';
  const placement = (['corners', 'diamond', 'custom'] as const)[below(3)]!;
  return {
    version: 1,
    task: 'bandit',
    data: {
      placement,
      modes:
        placement === 'custom'
          ? Array.from({ length: 1 + below(12) }, () => ({
              x: within(MODE_BOUNDS.x),
              y: within(MODE_BOUNDS.y),
              sigma: within(MODE_BOUNDS.sigma),
              reward: within(MODE_BOUNDS.reward),
            }))
          : placementModes(placement),
      painted: coin()
        ? []
        : Array.from({ length: below(30) }, () =>
            snapPainted({ x: within(MODE_BOUNDS.x), y: within(MODE_BOUNDS.y), reward: within(MODE_BOUNDS.reward) }),
          ),
    },
    methods: METHOD_IDS.filter(coin),
    preset,
    settings: settings,
    seed: below(2 ** 32),
    budget: coin() ? PRESET_BUDGET[preset] : 1 + below(1_000_000),
    race: coin() ? 'steps' : 'seconds',
  };
}
