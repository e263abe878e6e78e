import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { shippedFile } from '../../training/behaviour/shipped.ts';
import { chosenPolicy, policyChoices } from './policies.ts';

const text = readFileSync(new URL('../../../public/behaviour/hopper-0.json', import.meta.url), 'utf8');
const files = [shippedFile('hopper-0.json', text)];

describe('policies on the stage', () => {
  it('are those that are shipped for the body, the best first, and two that anybody has', () => {
    const ids = policyChoices(files, 'hopper').map(({ id }) => id);
    expect(ids).toEqual(['expert-0', 'medium-0', 'random', 'zero']);
    expect(policyChoices(files, 'walker2d').map(({ id }) => id)).toEqual(['random', 'zero']);
  });

  it('are chosen by a link; what a body lacks is its best', () => {
    const choices = policyChoices(files, 'hopper');
    expect(chosenPolicy(choices, 'best').id).toBe('expert-0');
    expect(chosenPolicy(choices, 'zero').id).toBe('zero');
    expect(chosenPolicy(choices, 'expert-7').id).toBe('expert-0');
    expect(chosenPolicy(policyChoices([], 'walker2d'), 'best').id).toBe('random');
  });
});
