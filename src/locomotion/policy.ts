/**
 * Builds a policy of plain numbers for rollout workers from tensors with PyTorch's names, so that a checkpoint can be
 * played without a tensor library.
 */
import type { DiffusionPolicy, NetworkPolicy, StateNormalisation } from '../environments/rollouts/network-policy.ts';
import { sinusoidalEmbeddings } from '../math/embeddings.ts';
import { PlainMlpRunner, type PlainMlp } from '../math/plain-mlp.ts';
import { reversePlan } from '../math/reverse-plan.ts';
import { betas, diffusionCoefficients } from '../math/schedules.ts';
import type { NamedTensor } from '../networks/network.ts';
import { actingExperiment, actingRoles, type Checkpoint } from './checkpoint-file.ts';
import { locomotionSettings, type LocomotionExperiment } from './experiment.ts';
import type { LocomotionSettings } from './settings.ts';

/** How a policy acts in an evaluation. */
export interface Acting {
  /** Actions that Diffusion-QL chooses among by Q; 1 is a plain sample. Other methods ignore it. */
  candidates: number;
}

type Tensors = Readonly<Record<string, NamedTensor>>;

/**
 * The policy of a file, by its settings as they were when it was written.
 *
 * @throws Error that names a tensor that is missing or misshapen, or a setting out of bounds.
 */
export function policyOf(checkpoint: Checkpoint, acting: Acting): NetworkPolicy {
  const { tensors, normalisation } = checkpoint;
  const experiment = actingExperiment(checkpoint);
  return plainPolicy(experiment, locomotionSettings(experiment), tensors, normalisation, acting);
}

/**
 * The policy of an experiment's networks, by their roles ("actor.…").
 *
 * @throws Error that names a tensor that is missing or misshapen.
 */
export function plainPolicy(
  experiment: LocomotionExperiment,
  settings: LocomotionSettings,
  tensors: Tensors,
  normalisation: StateNormalisation | null,
  { candidates }: Acting,
): NetworkPolicy {
  const { method } = experiment;
  const normalise = normalisation ? { normalisation } : {};
  const actor = actingRoles(experiment)[0]!;
  if (method !== 'diffusion-ql' && method !== 'diffusion-bc') {
    const network = mlpOf(tensors, `${actor}.policy`, [0, 2, 4], 'relu');
    return { kind: 'mlp', network, squash: method === 'iql' ? 'clip' : 'tanh', ...normalise };
  }
  const { diffusionSteps, schedule, timeWidth, sampler, ddimSteps, candidateChoice } = settings;
  const coefficients = diffusionCoefficients(betas(schedule, diffusionSteps));
  const embedder = new PlainMlpRunner(mlpOf(tensors, `${actor}.time_mlp`, [1, 3], 'mish'), diffusionSteps);
  const policy: DiffusionPolicy = {
    kind: 'diffusion',
    trunk: mlpOfLayers(tensors, [...[0, 2, 4].map((i) => `${actor}.mid_layer.${i}`), `${actor}.final_layer`], 'mish'),
    table: embedder.run(sinusoidalEmbeddings(diffusionSteps, timeWidth), diffusionSteps).slice(),
    diffusionSteps,
    plan: reversePlan({ coefficients, diffusionSteps }, { sampler, ddimSteps }),
    candidates: method === 'diffusion-ql' ? candidates : 1,
    choice: candidateChoice,
    ...normalise,
  };
  if (policy.candidates === 1) return policy;
  const { pessimism, lcbBeta } = settings;
  return {
    ...policy,
    critics: criticsOf(tensors, settings),
    ...(pessimism === 'lcb' && { pessimism: { kind: pessimism, beta: lcbBeta } }),
  };
}

/** The target critics. */
function criticsOf(tensors: Tensors, { critics, criticNorm }: LocomotionSettings): PlainMlp[] {
  return Array.from({ length: critics }, (_, i) => {
    const head = `critic_target.q${i + 1}_model`;
    if (criticNorm === 'none') return mlpOf(tensors, head, [0, 2, 4, 6], 'mish');
    const places = (numbers: readonly number[]) => numbers.map((place) => `${head}.${place}`);
    return mlpOfLayers(tensors, places([0, 3, 6, 9]), 'mish', places([1, 4, 7]));
  });
}

function mlpOf(
  tensors: Tensors,
  name: string,
  layers: readonly number[],
  activation: PlainMlp['activation'],
): PlainMlp {
  return mlpOfLayers(
    tensors,
    layers.map((layer) => `${name}.${layer}`),
    activation,
  );
}

/**
 * Linear layers by name, flat: each one's weight [out, in], then its bias [out].
 *
 * @param norms names of the layer normalisations behind the hidden ones, if there are any.
 */
function mlpOfLayers(
  tensors: Tensors,
  layers: readonly string[],
  activation: PlainMlp['activation'],
  norms: readonly string[] = [],
): PlainMlp {
  const sizes: number[] = [];
  const parts: Float32Array[] = [];
  for (const [i, layer] of layers.entries()) {
    const weight = tensorOf(tensors, `${layer}.weight`, [null, sizes.at(-1) ?? null]);
    const [out, into] = weight.shape as [number, number];
    if (sizes.length === 0) sizes.push(into);
    sizes.push(out);
    parts.push(weight.data, tensorOf(tensors, `${layer}.bias`, [out]).data);
    const norm = norms[i];
    if (norm) for (const part of ['weight', 'bias']) parts.push(tensorOf(tensors, `${norm}.${part}`, [out]).data);
  }
  const params = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    params.set(part, at);
    at += part.length;
  }
  return { sizes, activation, params, ...(norms.length > 0 && { norm: 'layer' }) };
}

/** @param expected a size for each dimension, or null where any will do. */
function tensorOf(tensors: Tensors, name: string, expected: readonly (number | null)[]): NamedTensor {
  const found = tensors[name];
  if (!found) throw new Error(`Tensor "${name}" is missing.`);
  const fits =
    found.shape.length === expected.length && expected.every((size, i) => size === null || size === found.shape[i]);
  if (!fits) {
    const right = expected.map((size) => size ?? 'any').join(', ');
    throw new Error(`Tensor "${name}" has shape [${found.shape.join(', ')}]; it should have [${right}].`);
  }
  return found;
}
