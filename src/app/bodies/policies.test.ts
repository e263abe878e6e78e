import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { shippedFile } from '../../training/behaviour/shipped.ts';
import { chosenPolicy, policyChoices } from './policies.ts';

const shipped = (name: string) =>
  shippedFile(name, readFileSync(new URL(`../../../public/behaviour/${name}`, import.meta.url), 'utf8'));
const files = [shipped('hopper-0.json')];

describe('policies on the stage', () => {
  it('are those that are shipped for the body, the best first, and two that anybody has', () => {
    const ids = policyChoices(files, 'hopper').map(({ id }) => id);
    expect(ids).toEqual(['expert-0', 'medium-0', 'random', 'zero']);
    expect(policyChoices(files, 'walker2d').map(({ id }) => id)).toEqual(['random', 'zero']);
  });

  it('may be networks, the best seed first', () => {
    const choices = policyChoices(['walker2d-0.json', 'walker2d-1.json'].map(shipped), 'walker2d');
    expect(choices.slice(0, 4).map(({ policy }) => policy.kind)).toEqual(['mlp', 'mlp', 'mlp', 'mlp']);
    expect(
      choices
        .slice(0, 2)
        .map(({ id }) => id)
        .sort(),
    ).toEqual(['expert-0', 'expert-1']);
    expect(choices[0]!.score).toBeGreaterThan(choices[1]!.score!);
  });

  it('are chosen by a link; what a body lacks is its best', () => {
    const choices = policyChoices(files, 'hopper');
    expect(chosenPolicy(choices, 'best').id).toBe('expert-0');
    expect(chosenPolicy(choices, 'zero').id).toBe('zero');
    expect(chosenPolicy(choices, 'expert-7').id).toBe('expert-0');
    expect(chosenPolicy(policyChoices([], 'walker2d'), 'best').id).toBe('random');
  });
});
