/**
 * WGSL that takes a few rows of a batch through a whole MLP inside one workgroup: activations stay in workgroup memory,
 * weights are read once for all of its rows. The kernels of the chain, the losses and the MLP are made from it.
 *
 * The WGSL of a kernel may use: `P`, the flat parameters, and `P4`, the same buffer in groups of four; `t`, the
 * thread; `act`, the activations of the workgroup's rows; `tail`, the output of its rows. Widths are padded to
 * groups of four with zeros.
 *
 * What is kept for the backward pass stands in one buffer, region after region, each [rows, width]: the input, then of
 * each hidden layer its activation and its slope, then whatever the kernel adds. The gradients before each hidden
 * activation, and that of the output, make up another.
 */
import { activationFunctions } from '../kernels/activation.ts';
import { mlpLayout, type MlpLayer, type MlpSpec } from '../kernels/mlp.ts';
import { rowTiling, type RowTiling } from './tiling.ts';

/** Groups of four that hold `width` values. */
export function groups(width: number): number {
  return Math.ceil(width / 4);
}

export interface RowNetwork {
  spec: MlpSpec;
  layers: MlpLayer[];
  inWidth: number;
  outWidth: number;
  tiling: RowTiling;
  /** Widths in groups of four: of the input, each hidden layer, the output, and the widest. */
  input: number;
  hidden: number[];
  output: number;
  widest: number;
  /** Groups a row keeps: input, activations and slopes. */
  keptWidth: number;
  /** Groups a row has gradients in: hidden layers and output. */
  deltaWidth: number;
}

export function rowNetwork(spec: MlpSpec): RowNetwork {
  const { layers, inWidth, outWidth } = mlpLayout(spec);
  const hidden = layers.slice(0, -1).map((layer) => groups(layer.out));
  const input = groups(inWidth);
  const output = groups(outWidth);
  const widest = Math.max(input, ...hidden);
  const sum = hidden.reduce((a, b) => a + b, 0);
  return {
    spec,
    layers,
    inWidth,
    outWidth,
    tiling: rowTiling(widest, output),
    input,
    hidden,
    output,
    widest,
    keptWidth: input + 2 * sum,
    deltaWidth: sum + output,
  };
}

/** Groups before a region of what is kept, a row: to be multiplied by the number of rows. */
export function keptBase({ input, hidden }: RowNetwork, layer: number, what: 'activation' | 'slope'): number {
  const before = hidden.slice(0, layer).reduce((a, b) => a + 2 * b, input);
  return what === 'activation' ? before : before + (hidden[layer] as number);
}

/** Groups before the gradient of a hidden layer, or of the output (layer = number of hidden layers), a row. */
export function deltaBase({ hidden }: RowNetwork, layer: number): number {
  return hidden.slice(0, layer).reduce((a, b) => a + b, 0);
}

const range = (count: number) => Array.from({ length: count }, (_, i) => i);
const lines = (parts: readonly string[]) => parts.join('\n');

/** Four weights of a row from a group on. Columns past the row's end are multiplied by padding, which is 0. */
function weights(layer: MlpLayer, row: string, group: string): string {
  if (layer.in % 4 === 0 && layer.weights % 4 === 0) {
    return `P4[${layer.weights / 4}u + (${row}) * ${layer.in / 4}u + (${group})]`;
  }
  const at = `${layer.weights}u + (${row}) * ${layer.in}u + 4u * (${group})`;
  return `vec4<f32>(P[${at}], P[${at} + 1u], P[${at} + 2u], P[${at} + 3u])`;
}

/** Workgroup memory and functions that the code below needs. */
export function declarations(network: RowNetwork): string {
  const { tiling, widest, output, spec } = network;
  return `
    var<workgroup> act : array<vec4<f32>, ${tiling.rows * widest}>;
    var<workgroup> tail : array<vec4<f32>, ${tiling.rows * output}>;
    ${activationFunctions(spec.activation)}`;
}

/** A thread's groups of `width`, as `[index, name of its group, whether it may lie past the end]`. */
function ownGroups({ tiling }: RowNetwork, width: number): [string, boolean][] {
  const count = Math.ceil(width / tiling.threads);
  return range(count).map((j) => [j === 0 ? 't' : `t + ${j * tiling.threads}u`, (j + 1) * tiling.threads > width]);
}

/** Zeroes the columns past a width that is no multiple of four. */
function within(value: string, group: string, width: number): string {
  if (width % 4 === 0) return value;
  return `select(vec4<f32>(0.0), ${value}, 4u * (${group}) + vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(${width}u))`;
}

/** Where a kernel keeps what the backward pass needs, row by row. */
export interface RowBuffer {
  /** The buffer's rows: each region is that long. */
  count: string;
  /** The buffer's row of the workgroup's r-th. */
  row: (r: string) => string;
  /** Whether the workgroup's r-th row is part of the batch. */
  valid: (r: string) => string;
}

/**
 * From the input in `act` to the output in `tail`. Ends behind a barrier.
 * @param kept where activations and slopes go, in the buffer `kept`, or null
 */
export function forward(network: RowNetwork, kept: RowBuffer | null): string {
  const { layers, tiling, widest, output } = network;
  const last = layers.at(-1) as MlpLayer;
  const columns = range(4).map((c) => `min(4u * g + ${c}u, ${last.out - 1}u)`);
  return lines([
    ...layers.slice(0, -1).map((layer, index) => hiddenForward(network, layer, index, kept)),
    `for (var i = t; i < ${tiling.rows * output}u; i += ${tiling.threads}u) {
      let r = i / ${output}u;
      let g = i % ${output}u;
      var sum = vec4<f32>(${columns.map((c) => `P[${last.bias}u + ${c}]`).join(', ')});
      for (var k = 0u; k < ${groups(last.in)}u; k++) {
        let x = act[r * ${widest}u + k];
        sum += vec4<f32>(${columns.map((c) => `dot(x, ${weights(last, c, 'k')})`).join(', ')});
      }
      tail[i] = ${within('sum', 'g', last.out)};
    }
    workgroupBarrier();`,
  ]);
}

function hiddenForward(network: RowNetwork, layer: MlpLayer, index: number, kept: RowBuffer | null): string {
  const { tiling, widest } = network;
  const width = groups(layer.out);
  const rows = range(tiling.rows);
  const own = ownGroups(network, width);
  const column = (j: number, c: number) => `min(4u * (${own[j]?.[0]}) + ${c}u, ${layer.out - 1}u)`;
  const sums = own.flatMap((_, j) => range(4).map((c) => [j, c] as const));
  const store = (j: number, r: number): string => {
    const z = `vec4<f32>(${range(4)
      .map((c) => `a${r}_${j}_${c}`)
      .join(', ')})`;
    const group = own[j]?.[0] as string;
    const to = (what: 'activation' | 'slope') =>
      `kept[${keptBase(network, index, what)}u * ${kept?.count} + ${kept?.row(`${r}u`)} * ${width}u + ${group}]`;
    const keep = kept
      ? `if (${kept.valid(`${r}u`)}) { ${to('activation')} = y; ${to('slope')} = ${within('slopeAt(z)', group, layer.out)}; }`
      : '';
    return `{ let z = ${z}; let y = ${within('activated(z)', group, layer.out)};
      act[${r * widest}u + ${group}] = y; ${keep} }`;
  };
  return `{
    ${lines(sums.map(([j, c]) => rows.map((r) => `var a${r}_${j}_${c} = P[${layer.bias}u + ${column(j, c)}];`).join(' ')))}
    for (var k = 0u; k < ${groups(layer.in)}u; k++) {
      ${rows.map((r) => `let x${r} = act[${r * widest}u + k];`).join(' ')}
      ${lines(
        sums.map(
          ([j, c]) =>
            `{ let w = ${weights(layer, column(j, c), 'k')}; ${rows.map((r) => `a${r}_${j}_${c} += dot(x${r}, w);`).join(' ')} }`,
        ),
      )}
    }
    workgroupBarrier();
    ${lines(
      own.map(([group, partial], j) => {
        const all = lines(rows.map((r) => store(j, r)));
        return partial ? `if (${group} < ${width}u) { ${all} }` : all;
      }),
    )}
    workgroupBarrier();
  }`;
}

/**
 * From the gradient of the output in `tail` down to the first hidden layer, whose gradient is left in `act`; all of
 * them, and the output's own, go to the buffer `deltas`. Reads `kept`. Ends behind a barrier.
 */
export function backward(network: RowNetwork, rows: RowBuffer): string {
  const { layers, tiling, output } = network;
  return lines([
    `for (var i = t; i < ${tiling.rows * output}u; i += ${tiling.threads}u) {
      let r = i / ${output}u;
      if (${rows.valid('r')}) {
        deltas[${deltaBase(network, layers.length - 1)}u * ${rows.count} + ${rows.row('r')} * ${output}u + i % ${output}u] = tail[i];
      }
    }`,
    ...layers
      .slice(1)
      .map((layer, i) => hiddenBackward(network, layer, i, rows))
      .reverse(),
  ]);
}

/** Through one layer, whose input is hidden layer `index`. */
function hiddenBackward(network: RowNetwork, layer: MlpLayer, index: number, buffer: RowBuffer): string {
  const { tiling, widest, output, layers } = network;
  const isLast = index === layers.length - 2;
  const width = groups(layer.in);
  const rows = range(tiling.rows);
  const own = ownGroups(network, width);
  const source = (r: number) => (isLast ? `tail[${r * output}u + n]` : `act[${r * widest}u + n]`);
  const sum = (j: number) => (u: number) => {
    const row = `min(4u * n + ${u}u, ${layer.out - 1}u)`;
    const group = `min(${own[j]?.[0]}, ${width - 1}u)`;
    return `{ let w = ${weights(layer, row, group)}; ${rows.map((r) => `a${r}_${j} += x${r}[${u}] * w;`).join(' ')} }`;
  };
  const store = (group: string, j: number, r: number): string => {
    const at = `${buffer.row(`${r}u`)} * ${width}u + ${group}`;
    return `{ var d = vec4<f32>(0.0);
      if (${buffer.valid(`${r}u`)}) {
        d = a${r}_${j} * kept[${keptBase(network, index, 'slope')}u * ${buffer.count} + ${at}];
        deltas[${deltaBase(network, index)}u * ${buffer.count} + ${at}] = d;
      }
      act[${r * widest}u + ${group}] = d; }`;
  };
  return `{
    ${own.map((_, j) => rows.map((r) => `var a${r}_${j} = vec4<f32>(0.0);`).join(' ')).join('\n')}
    for (var n = 0u; n < ${groups(layer.out)}u; n++) {
      ${rows.map((r) => `let x${r} = ${source(r)};`).join(' ')}
      ${lines(own.flatMap((_, j) => range(4).map(sum(j))))}
    }
    workgroupBarrier();
    ${lines(
      own.map(([group, partial], j) => {
        const all = lines(rows.map((r) => store(group, j, r)));
        return partial ? `if (${group} < ${width}u) { ${all} }` : all;
      }),
    )}
    workgroupBarrier();
  }`;
}

/**
 * The gradient of some columns of the input, from that of the first hidden layer in `act` (or, without one, of the
 * output in `tail`). `store` gets, for the row
 * `r` and the column `c` of the input, the gradient `d`. Does not end behind a barrier.
 */
export function inputGradient(network: RowNetwork, from: number, to: number, store: string): string {
  const { layers, tiling, widest, output } = network;
  const layer = layers[0] as MlpLayer;
  const count = to - from;
  const source = layers.length === 1 ? `tail[r * ${output}u + n]` : `act[r * ${widest}u + n]`;
  return `for (var i = t; i < ${tiling.rows * count}u; i += ${tiling.threads}u) {
    let r = i / ${count}u;
    let c = ${from}u + i % ${count}u;
    var d = 0.0;
    for (var n = 0u; n < ${groups(layer.out)}u; n++) {
      d += dot(${source}, vec4<f32>(${range(4)
        .map((u) => `P[${layer.weights}u + min(4u * n + ${u}u, ${layer.out - 1}u) * ${layer.in}u + c]`)
        .join(', ')}));
    }
    ${store}
  }`;
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
