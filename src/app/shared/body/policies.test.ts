import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { shippedFile } from '../../../collection/shipped.ts';
import type { DiffusionPolicy } from '../../../environments/rollouts/network-policy.ts';
import { decodeCheckpoint } from '../../../locomotion/checkpoint-file.ts';
import { policyOf } from '../../../locomotion/policy.ts';
import { decodePolicyIndex } from '../../../locomotion/shipped-policies.ts';
import { VIEW_FIELDS } from '../view.ts';
import { withCandidates } from './acting-policy.ts';
import { chosenPolicy, policyChoices } from './policies.ts';

const shipped = (name: string) =>
  shippedFile(name, readFileSync(new URL(`../../../../public/behaviour/${name}`, import.meta.url), 'utf8'));
const files = [shipped('hopper-0.json')];
const index = readFileSync(new URL('../../../../public/policies/index.json', import.meta.url), 'utf8');
const listed = decodePolicyIndex(index).filter(({ file }) => /^hopper-diffusion-(ql|bc)\.safetensors$/.test(file));

describe('policies of the stage', () => {
  it('lists the shipped policies of the body, Diffusion-QL first, and two without training', () => {
    const choices = policyChoices(files, listed, 'hopper');
    expect(choices.map(({ id }) => id)).toEqual([
      'hopper-diffusion-ql',
      'hopper-diffusion-bc',
      'expert-0',
      'medium-0',
      'random',
      'zero',
    ]);
    expect(choices[0]).toMatchObject({
      group: 'trained',
      label: expect.stringMatching(/^Diffusion-QL \(score \d+\)$/) as string,
    });
    expect(policyChoices(files, [], 'walker2d').map(({ id }) => id)).toEqual(['random', 'zero']);
  });

  it('lists behaviour policies with the best seed first', () => {
    const choices = policyChoices(['walker2d-0.json', 'walker2d-1.json'].map(shipped), [], 'walker2d');
    expect(choices.slice(0, 4).map(({ source }) => source.kind === 'known' && source.policy.kind)).toEqual([
      'mlp',
      'mlp',
      'mlp',
      'mlp',
    ]);
    expect(
      choices
        .slice(0, 2)
        .map(({ id }) => id)
        .sort(),
    ).toEqual(['expert-0', 'expert-1']);
    expect(choices[0]!.score).toBeGreaterThan(choices[1]!.score!);
  });

  it('chooses the policy of a link, or the first one if the body lacks it', () => {
    const choices = policyChoices(files, listed, 'hopper');
    expect(chosenPolicy(choices, 'best').id).toBe('hopper-diffusion-ql');
    expect(chosenPolicy(choices, 'zero').id).toBe('zero');
    expect(chosenPolicy(choices, 'expert-7').id).toBe('hopper-diffusion-ql');
    expect(chosenPolicy(policyChoices(files, [], 'hopper'), 'best').id).toBe('expert-0');
    expect(chosenPolicy(policyChoices([], [], 'walker2d'), 'best').id).toBe('random');
    for (const { id } of choices) expect(VIEW_FIELDS.policy.parse(id)).toBe(id);
  });

  it('lets a policy with a critic choose among candidates', () => {
    const read = (file: string) =>
      decodeCheckpoint(readFileSync(new URL(`../../../../public/policies/${file}`, import.meta.url)));
    const of = (method: string) =>
      policyOf(read(listed.find((one) => one.method === method)!.file), { candidates: 50 }) as DiffusionPolicy;
    expect(withCandidates(of('diffusion-ql'), '1')).toMatchObject({ candidates: 1 });
    expect(withCandidates(of('diffusion-ql'), 'argmax')).toMatchObject({ candidates: 50, choice: 'argmax' });
    const cloning = of('diffusion-bc');
    expect(withCandidates(cloning, 'softmax')).toBe(cloning);
  });

  it('rejects an invalid list of policies and names the field', () => {
    expect(() => decodePolicyIndex('{"policies": [{"file": "../x.safetensors"}]}')).toThrow('file');
  });
});
