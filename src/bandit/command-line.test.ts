import { describe, expect, it } from 'vitest';
import { encodePainted } from '../datasets/bandit.ts';
import { labCommand } from './command-line.ts';
import { defaultExperiment } from './experiment.ts';
import { MAX_SEED } from '../experiment/field-rules.ts';

describe('labCommand', () => {
  it('the command names method, preset, data, steps and seed', () => {
    expect(labCommand(defaultExperiment(), 'bc-diffusion')).toBe(
      'npm run --silent lab -- bandit --method bc-diffusion --preset fast --placement corners --steps 6000 --seed 0',
    );
  });

  it('the command names seeds as a range, or one by one if they wrap around to 0', () => {
    const of = (seed: number) => labCommand({ ...defaultExperiment(), seed }, 'bc-diffusion', 3);
    expect(of(7)).toMatch(/ --steps 6000 --seeds 7\.\.9$/);
    expect(of(MAX_SEED - 1)).toMatch(/ --seeds 4294967294,4294967295,0$/);
  });

  it('the command has every changed setting, and quotes for a shell', () => {
    const experiment = defaultExperiment();
    const painted = [{ x: 0, y: 0.5, reward: 2 }];
    experiment.settings = { eta: 1, normalizeQ: false, candidateChoice: 'argmax' };
    experiment.data = {
      placement: 'custom',
      modes: [
        { x: -0.5, y: 0, sigma: 0.05, reward: 1 },
        { x: 0.5, y: 0, sigma: 0.1, reward: 2 },
      ],
      painted,
    };
    expect(labCommand(experiment, 'diffusion-ql')).toBe(
      "npm run --silent lab -- bandit --method diffusion-ql --preset fast '--modes=-0.5,0,0.05,1;0.5,0,0.1,2' " +
        `--painted=${encodePainted(painted)} --steps 6000 --seed 0 --eta 1 --normalize-q off --choice argmax`,
    );
  });
});
