import { describe, expect, it } from 'vitest';
import { presetSettings } from '../../../bandit/presets.ts';
import { fieldByKey } from '../../../bandit/settings.ts';
import { presetText, valueText } from './preset-text.ts';

describe('presetText', () => {
  it('is one value if all methods share it', () => {
    const { common, text: words, readBy } = presetText(fieldByKey('hidden'), 'paper');
    expect(common).toBe(128);
    expect(words).toBe('128');
    expect(readBy).toBe('all methods');
  });

  it('names the methods that differ', () => {
    const field = fieldByKey('diffusionSteps');
    const cloning = presetSettings('fast', 'bc-diffusion').diffusionSteps;
    const climbing = presetSettings('fast', 'diffusion-ql').diffusionSteps;
    expect(climbing).not.toBe(cloning);
    expect(presetText(field, 'fast').text).toBe(`${cloning}; ${climbing} with Diffusion-QL`);
    expect(presetText(field, 'fast').readBy).toBe('BC-Diffusion and Diffusion-QL');
  });

  it('writes flags and choices by their labels', () => {
    expect(valueText(fieldByKey('normalizeQ'), true)).toBe('on');
    expect(valueText(fieldByKey('sampleWith'), 'ema')).toBe('its moving average');
    expect(valueText(fieldByKey('decaySteps'), 100_000)).toBe('100,000');
  });
});
