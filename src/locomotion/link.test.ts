import { describe, expect, it } from 'vitest';
import { RandomStream } from '../math/streams.ts';
import { presetLocomotion, validateLocomotion, type LocomotionExperiment } from './experiment.ts';
import { decodeLocomotion, encodeLocomotion, isLocomotionLink, trainCommandLine } from './link.ts';
import { LOCOMOTION_METHOD_IDS } from './methods.ts';
import { LOCOMOTION_FIELDS } from './settings.ts';
import { LOCOMOTION_TASK_IDS } from './tasks.ts';

/** A right experiment with fields drawn at random. */
function random(seed: number): LocomotionExperiment {
  const stream = new RandomStream(seed, 'experiment');
  let drawn = 0;
  const below = (bound: number) => Math.floor(stream.uniform(drawn++) * bound);
  const settings: Record<string, unknown> = {};
  for (const field of LOCOMOTION_FIELDS) {
    if (below(2) === 0) continue;
    if (field.type === 'flag') settings[field.key] = below(2) === 0;
    else if (field.type === 'choice') settings[field.key] = field.options[below(field.options.length)]!.value;
    else if (field.type === 'number')
      settings[field.key] = field.min + (field.max - field.min) * stream.uniform(drawn++);
    else
      settings[field.key] =
        field.min + (field.multipleOf ?? 1) * below((field.max - field.min) / (field.multipleOf ?? 1));
  }
  const task = LOCOMOTION_TASK_IDS[below(9)]!;
  const base = presetLocomotion(task, LOCOMOTION_METHOD_IDS[below(5)]!, below(2) === 0 ? 'paper' : 'small');
  return validateLocomotion({
    ...base,
    settings,
    seed: below(99),
    budget: below(9999),
    evaluation: { every: 7, episodes: 3 },
  });
}

describe('the link of a locomotion experiment', () => {
  it('a locomotion link decodes to the same experiment', () => {
    for (let seed = 0; seed < 60; seed++) {
      const experiment = random(seed);
      const params = new URLSearchParams(encodeLocomotion(experiment).toString());
      expect(isLocomotionLink(params)).toBe(true);
      expect(decodeLocomotion(params)).toEqual({ experiment, repairs: [] });
    }
  });

  it('the link of a locomotion preset has only task, method and preset', () => {
    const params = encodeLocomotion(presetLocomotion('hopper-medium', 'iql', 'small'));
    expect(params.toString()).toBe('task=hopper-medium&algorithm=iql&preset=small');
    expect(isLocomotionLink(new URLSearchParams('preset=fast&eta=1'))).toBe(false);
  });

  it('a locomotion link with mistakes is repaired, and each mistake is named', () => {
    const text =
      'task=ant&algorithm=iql&eta=1e9&seed=-3&tau=x&normalize-states=maybe&colour=red&page=stage&expectile=0.9';
    const { experiment, repairs } = decodeLocomotion(new URLSearchParams(text), ['page']);
    expect(experiment).toEqual({
      ...presetLocomotion('halfcheetah-medium', 'iql', 'paper'),
      settings: { expectile: 0.9 },
    });
    const named = repairs.map((line) => line.slice(0, line.indexOf(':'))).sort();
    expect(named).toEqual(['colour', 'eta', 'normalize-states', 'seed', 'task', 'tau']);
    expect(repairs.join(' ')).toContain('eta: “1e9” is not a number from 0 to 10; the preset’s is taken.');
  });

  it('a locomotion experiment converts to a command', () => {
    const experiment = {
      ...presetLocomotion('hopper-medium', 'td3-bc', 'small'),
      seed: 2,
      settings: { eta: 1, normalizeQ: false },
    };
    expect(trainCommandLine(experiment, 'DIR', 'RUN')).toBe(
      'npm run --silent lab -- train --data DIR --out RUN --task hopper-medium --algorithm td3-bc --preset small --seed 2 --eta 1 --normalize-q off',
    );
  });
});
