/** The manifest's description of a dataset that was collected here. */
import { BODIES } from '../environments/bodies/index.ts';
import type { DatasetDescription } from '../datasets/shards/writer.ts';
import { DEFAULT_VARIANT, physicsLabel } from '../environments/physics-variant.ts';
import { levelIn, MEDIUM_NOISE, type Behaviour } from './collect.ts';
import { type CollectionPlan } from './plan.ts';
import type { BehaviourPolicies, PolicyLevel } from './files.ts';

/** The files of policies: their names, and size and SHA-256 of their concatenation. */
export interface PolicyFiles {
  name: string;
  bytes: number;
  sha256: string;
}

const LICENCE = 'MIT';

const RECIPES: Readonly<Record<Behaviour, string>> = {
  random: 'uniform random actions',
  medium: `policies of about a third of the best return, with noise of ${MEDIUM_NOISE} on their actions`,
  'medium-replay': 'what training saw on its way to policies of about a third of the best return',
  'medium-expert': `half from policies of about a third of the best return, with noise of ${MEDIUM_NOISE}, half from the best`,
  expert: 'the best policies of their training',
};
const LEVELS: Readonly<Record<Behaviour, readonly PolicyLevel[]>> = {
  random: [],
  medium: ['medium'],
  'medium-replay': ['medium'],
  'medium-expert': ['medium', 'expert'],
  expert: ['expert'],
};

/** Id, recipe and returns of the policies. */
export function describeCollection(
  plan: CollectionPlan,
  engineVersion: string,
  files: PolicyFiles,
): DatasetDescription {
  const { environment, behaviour, variant, seed, policies } = plan;
  return {
    id: nameOf(plan),
    environment,
    referenceReturns: BODIES[environment].referenceReturns,
    licence: LICENCE,
    provenance:
      `D4RL protocol, collected here: ${RECIPES[behaviour]}; seed ${seed}, ${physicsLabel(variant, engineVersion)}.` +
      policies.map((file) => ` ${policyText(file, LEVELS[behaviour])}`).join(''),
    notes: ['This is none of D4RL’s datasets.'],
    source: { layout: 'rollouts', ...files, published: null },
  };
}

/** The id includes seed and physics if they are not the defaults, so that different collections have different ids. */
function nameOf({ environment, behaviour, variant, seed }: CollectionPlan): string {
  const rest = [...(variant === DEFAULT_VARIANT ? [] : [variant]), ...(seed === 0 ? [] : [`seed-${seed}`])];
  return [environment, behaviour, 'collected', ...rest].join('-');
}

/** How policies were trained, and their returns without noise. */
function policyText(file: BehaviourPolicies, levels: readonly PolicyLevel[]): string {
  const returns = levels.map((level) => {
    const { episodes, deviation, score, ...policy } = levelIn(file, level);
    return (
      `${level} after ${policy.steps} steps, return ${policy.return.toFixed(0)} ± ${deviation.toFixed(0)} ` +
      `over ${episodes} episodes, normalised ${score.toFixed(1)}`
    );
  });
  return `${file.made.algorithm}, seed ${file.made.seed}: ${returns.join('; ')}.`;
}
