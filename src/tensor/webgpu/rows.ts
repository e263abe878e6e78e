/**
 * WGSL that computes a whole MLP for a few rows of a batch inside one workgroup: activations stay in workgroup memory,
 * and weights are read once for all of its rows. The kernels of the chain, the losses and the MLP are built from it.
 *
 * The WGSL of a kernel may use: `P`, the flat parameters, and `P4`, the same buffer in groups of four; `t`, the
 * thread; `act`, the activations of the workgroup's rows; `tail`, the output of its rows. Widths are padded to
 * groups of four with zeros. A GPU divides each sum among threads (row-lanes.ts), a CPU does not (row-tiles.ts).
 */
import { activationFunctions } from '../activation.ts';
import * as lanes from './row-lanes.ts';
import { deltaBase, lines, type RowBuffer, type RowNetwork } from './row-network.ts';
import * as tiles from './row-tiles.ts';

export { deltaBase, groups, keptBase, rowNetwork, type RowBuffer, type RowNetwork } from './row-network.ts';

/** Workgroup memory and functions that the code below needs. */
export function declarations(network: RowNetwork): string {
  const { tiling, widest, output, spec } = network;
  return `
    var<workgroup> act : array<vec4<f32>, ${tiling.rows * widest}>;
    var<workgroup> tail : array<vec4<f32>, ${tiling.rows * output}>;
    ${tiling.partRows > 0 ? lanes.declarations(network) : ''}
    ${activationFunctions(spec.activation)}`;
}

const passesOf = ({ tiling }: RowNetwork) => (tiling.partRows > 0 ? lanes : tiles);

/**
 * Computes the output in `tail` from the input in `act`. Ends with a barrier.
 * @param kept where activations and slopes are stored in the buffer `kept`, or null
 */
export function forward(network: RowNetwork, kept: RowBuffer | null): string {
  return passesOf(network).forward(network, kept);
}

/**
 * Backpropagates from the gradient of the output in `tail` to the first hidden layer, whose gradient is left in `act`.
 * Stores all gradients in the buffer `deltas` unless only the input's is needed. Reads `kept`. Ends with a barrier.
 */
export function backward(network: RowNetwork, rows: RowBuffer): string {
  const { layers, tiling, output } = network;
  const { hiddenBackward } = passesOf(network);
  const ofOutput = `for (var i = t; i < ${tiling.rows * output}u; i += ${tiling.threads}u) {
    let r = i / ${output}u;
    if (${rows.valid('r')}) {
      deltas[${deltaBase(network, layers.length - 1)}u * ${rows.count} + ${rows.row('r')} * ${output}u + i % ${output}u] = tail[i];
    }
  }`;
  const hidden = layers.slice(1).map((layer, index) => hiddenBackward(network, layer, index, rows));
  return lines([...(rows.inputOnly ? [] : [ofOutput]), ...hidden.reverse()]);
}

/**
 * The gradient of the input's columns `from` to `to`, from that of the first hidden layer in `act` (or, without one, of
 * the output in `tail`). Does not end with a barrier.
 * @param store uses the gradient `d` of the row `r` and the column `c` of the input
 */
export function inputGradient(network: RowNetwork, from: number, to: number, store: string): string {
  return passesOf(network).inputGradient(network, from, to, store);
}

/** Fills `act` with the input: `value` is the WGSL of column `c` of the workgroup's row `r`, 0 for a row outside. */
export function loadInput(network: RowNetwork, value: string, kept: RowBuffer | null): string {
  const { tiling, inWidth, input, widest } = network;
  const keep = kept ? `if (${kept.valid('r')}) { kept[${kept.row('r')} * ${input}u + g] = quad; }` : '';
  return `for (var i = t; i < ${tiling.rows * input}u; i += ${tiling.threads}u) {
    let r = i / ${input}u;
    let g = i % ${input}u;
    var quad = vec4<f32>(0.0);
    for (var u = 0u; u < 4u; u++) {
      let c = 4u * g + u;
      if (c < ${inWidth}u) { quad[u] = ${value}; }
    }
    act[r * ${widest}u + g] = quad;
    ${keep}
  }
  workgroupBarrier();`;
}
