import { describe, expect, it } from 'vitest';
import type { Checkpoint } from './checkpoint-file.ts';
import { locomotionSettings } from './experiment.ts';
import { asActing, physicsOf } from './stored-run.ts';
import { smallExperiment } from './testing.ts';

const CHECKPOINT: Checkpoint = {
  experiment: smallExperiment('diffusion-ql', { candidateChoice: 'argmax' }),
  dataset: { id: 'small', environment: 'hopper', rows: 200, meanReturn: 20, provenance: '' },
  step: 40,
  seconds: 1,
  normalisation: null,
  tensors: {},
  notes: {},
};
const changedAt = (step: number, settings: object) => ({ step, settings });

describe('a whole checkpoint', () => {
  it('acts by the settings that were changed while its run went on, up to where it stands', () => {
    const live = [
      changedAt(10, { eta: 2, candidateChoice: 'softmax' }),
      changedAt(30, { eta: 3 }),
      changedAt(60, { eta: 9, candidateChoice: 'argmax' }),
    ];
    const { experiment } = asActing({ ...CHECKPOINT, notes: { live } });
    expect(locomotionSettings(experiment)).toMatchObject({ eta: 3, candidateChoice: 'softmax' });
    expect(asActing(CHECKPOINT).experiment).toEqual(CHECKPOINT.experiment);
  });

  it('whose notes are out of bounds is refused by the setting', () => {
    expect(() => asActing({ ...CHECKPOINT, notes: { live: [changedAt(1, { eta: 1e9 })] } })).toThrow('eta');
  });
});

describe('a run that goes on', () => {
  const point = { step: 20, bcLoss: null, evaluations: [] };

  it('keeps to the physics in which its points were played', () => {
    expect(physicsOf({ points: [point], physics: 'v2' }, 'v2')).toBe('v2');
    expect(() => physicsOf({ points: [point], physics: 'v2' }, 'native')).toThrow(
      'points were played in v2, and here is native',
    );
  });

  it('without points has the physics that there are', () => {
    expect(physicsOf({ points: [], physics: 'not known' }, 'native')).toBe('native');
  });
});
