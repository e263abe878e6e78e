/** A trained policy as plain numbers, for the workers that play its episodes. */
import type { Algorithm } from '../../algorithms/algorithm.ts';
import { reversePlan } from '../../diffusion/samplers.ts';
import type { DiffusionPolicy, NetworkPolicy, StateNormalisation } from '../../environments/rollouts/network-policy.ts';
import { MlpRunner, type PlainMlp } from '../../math/plain-mlp.ts';
import { betas, diffusionCoefficients } from '../../math/schedules.ts';
import { sinusoidalEmbeddings } from '../../networks/denoiser.ts';
import type { Network } from '../../networks/network.ts';
import { readVariable } from '../../tensor/variables.ts';
import type { LocomotionMethodId } from './methods.ts';
import type { LocomotionSettings } from './settings.ts';

/** How a policy acts in an evaluation. */
export interface Acting {
  /** Actions that a diffusion policy with a critic chooses among by Q; 1 is a plain sample. */
  candidates: number;
}

/** The policy as it is now. Methods that draw no candidates act in their one way. */
export async function snapshotPolicy(
  method: LocomotionMethodId,
  algorithm: Pick<Algorithm, 'networks'>,
  settings: LocomotionSettings,
  normalisation: StateNormalisation | null,
  { candidates }: Acting,
): Promise<NetworkPolicy> {
  const normalise = normalisation ? { normalisation } : {};
  const { networks } = algorithm;
  if (method !== 'diffusion-ql' && method !== 'diffusion-bc') {
    const network = await plainPart(networks['actor'] as Network, 'policy');
    return { kind: 'mlp', network, squash: method === 'iql' ? 'clip' : 'tanh', ...normalise };
  }
  const { diffusionSteps, schedule, timeWidth, sampler, ddimSteps, sampleWith, candidateChoice } = settings;
  const actor = networks[sampleWith === 'ema' ? 'actor_ema' : 'actor'] as Network;
  const coefficients = diffusionCoefficients(betas(schedule, diffusionSteps));
  const embedder = new MlpRunner(await plainPart(actor, 'time_mlp'), diffusionSteps);
  const table = embedder.run(sinusoidalEmbeddings(diffusionSteps, timeWidth), diffusionSteps).slice();
  const policy: DiffusionPolicy = {
    kind: 'diffusion',
    trunk: await plainPart(actor, 'trunk'),
    table,
    diffusionSteps,
    plan: reversePlan({ coefficients, diffusionSteps }, { sampler, ddimSteps }),
    candidates: method === 'diffusion-ql' ? candidates : 1,
    choice: candidateChoice,
    ...normalise,
  };
  if (policy.candidates === 1) return policy;
  const target = networks['critic_target'] as Network;
  return { ...policy, critics: [await plainPart(target, 'q1_model'), await plainPart(target, 'q2_model')] };
}

async function plainPart(network: Network, part: string): Promise<PlainMlp> {
  const { spec } = network.parts[part]!;
  return { sizes: spec.sizes, activation: spec.activation, params: await readVariable(network.variables[part]!) };
}
