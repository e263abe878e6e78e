/**
 * A multilayer perceptron with a layer normalisation between each hidden layer and its activation (Ball et al., 2023).
 * Flat parameters in PyTorch's layout: of each hidden layer the weight [out, in], the bias [out], the normalisation's gain
 * [out] and its bias [out]; then the last layer's weight and bias.
 *
 * It is composed of the passes of single layers (mlp.ts) and of the normalisation (layer-norm.ts).
 */
import { concat, split, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import { withGradient } from '../with-gradient.ts';
import { layerNormPasses } from './layer-norm.ts';
import { checkMlp, mlpPasses, numbered } from './mlp.ts';
import { mlpLayout, type MlpLayer, type MlpSpec } from '../mlp-layout.ts';

/** What a layer saves for its backward pass. */
type LinearSaved = { x: Tensor; params: Tensor } & Record<string, Tensor>;
type NormSaved = { params: Tensor; normed: Tensor; slopes: Tensor; scales: Tensor };

function linearSpec({ in: inWidth, out }: MlpLayer): MlpSpec {
  // A single layer has no activation: any will do.
  return { sizes: [inWidth, out], activation: 'relu' };
}

/** Each layer's flat parameters, and those of its normalisation, or null. */
function piecesOf(params: Tensor, layers: readonly MlpLayer[]): { linear: Tensor; norm: Tensor | null }[] {
  const sizes = layers.flatMap(({ in: inWidth, out, norm }) => [
    (inWidth + 1) * out,
    ...(norm === null ? [] : [2 * out]),
  ]);
  const pieces = split(params, sizes).values();
  const next = () => pieces.next().value as Tensor;
  return layers.map(({ norm }) => ({ linear: next(), norm: norm === null ? null : next() }));
}

function linearForward(x: Tensor, params: Tensor, layer: MlpLayer, keep: boolean): { y: Tensor; kept: LinearSaved } {
  const [y, ...kept] = mlpPasses.forward({ x, params }, { ...linearSpec(layer), keep });
  return { y: y as Tensor, kept: { x, params, ...numbered('saved', kept) } };
}

function linearBackward(dy: Tensor, { x, params, ...saved }: LinearSaved, layer: MlpLayer) {
  const [dx, ...deltas] = mlpPasses.backward({ dy, params, ...saved }, linearSpec(layer));
  const given = { x, dy, ...saved, ...numbered('delta', deltas) };
  return { dx: dx as Tensor, gradient: () => mlpPasses.parameterGradient(given, linearSpec(layer))[0] as Tensor };
}

function normBackward(dy: Tensor, { params, normed, slopes, scales }: NormSaved) {
  const [dz] = layerNormPasses.backward({ dy, params, normed, slopes, scales }, {});
  const gradient = () => layerNormPasses.parameterGradient({ dy, normed, slopes }, {})[0] as Tensor;
  return { dz: dz as Tensor, gradient };
}

/**
 * y [B, out] of x [B, in] under flat parameters [P]. Differentiable in x and in the parameters.
 * @throws Error if a width does not match.
 */
export function normedMlp(x: Tensor2D, params: Tensor, spec: MlpSpec): Tensor2D {
  checkMlp(x.shape[1], params, spec);
  const { layers } = mlpLayout(spec);
  return withGradient(
    { x, params },
    (keep) => {
      const saved: { linear: LinearSaved; norm: NormSaved | null }[] = [];
      let y: Tensor = x;
      piecesOf(params, layers).forEach(({ linear, norm }, i) => {
        const product = linearForward(y, linear, layers[i] as MlpLayer, keep);
        y = product.y;
        let kept: NormSaved | null = null;
        if (norm) {
          const passed = layerNormPasses.forward({ z: y, params: norm }, { activation: spec.activation, keep });
          y = passed[0] as Tensor;
          const [, normed, slopes, scales] = passed as [Tensor, Tensor, Tensor, Tensor];
          kept = { params: norm, normed, slopes, scales };
        }
        if (keep) saved.push({ linear: product.kept, norm: kept });
      });
      return { result: y, saved };
    },
    (dy, saved) => {
      const gradients: (() => Tensor)[] = [];
      let upper: Tensor = dy;
      for (let i = saved.length - 1; i >= 0; i--) {
        const { linear, norm } = saved[i]!;
        if (norm) {
          const { dz, gradient } = normBackward(upper, norm);
          gradients.unshift(gradient);
          upper = dz;
        }
        const { dx, gradient } = linearBackward(upper, linear, layers[i] as MlpLayer);
        gradients.unshift(gradient);
        upper = dx;
      }
      const dx = upper;
      return { x: () => dx, params: () => concat(gradients.map((gradient) => gradient())) };
    },
  ) as Tensor2D;
}
