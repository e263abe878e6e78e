import { describe, expect, it } from 'vitest';
import { presetSettings } from '../../../bandit/presets.ts';
import { fieldByKey } from '../../../bandit/settings.ts';
import { presetWords, valueWords } from './preset-text.ts';

describe('what a preset says', () => {
  it('is one value where all methods share it', () => {
    const { common, words, readBy } = presetWords(fieldByKey('hidden'), 'paper');
    expect(common).toBe(128);
    expect(words).toBe('128');
    expect(readBy).toBe('all methods');
  });

  it('names the methods that differ', () => {
    const field = fieldByKey('diffusionSteps');
    const cloning = presetSettings('fast', 'bc-diffusion').diffusionSteps;
    const climbing = presetSettings('fast', 'diffusion-ql').diffusionSteps;
    expect(climbing).not.toBe(cloning);
    expect(presetWords(field, 'fast').words).toBe(`${cloning}; ${climbing} with Diffusion-QL`);
    expect(presetWords(field, 'fast').readBy).toBe('BC-Diffusion and Diffusion-QL');
  });

  it('puts flags and choices in words', () => {
    expect(valueWords(fieldByKey('normalizeQ'), true)).toBe('on');
    expect(valueWords(fieldByKey('sampleWith'), 'ema')).toBe('its moving average');
    expect(valueWords(fieldByKey('decaySteps'), 100_000)).toBe('100,000');
  });
});
