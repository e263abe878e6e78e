/**
 * A network's layers on a GPU. Several threads, its lanes, compute the sum of one unit: each adds some of the terms for
 * all of the workgroup's rows, and the partial sums are combined in workgroup memory. That keeps many threads busy with
 * few rows, and neighbouring threads read neighbouring weights: along a row of the weight forward, along a column
 * backward.
 */
import type { MlpLayer } from '../mlp-layout.ts';
import {
  deltaBase,
  groups,
  keptBase,
  lines,
  range,
  weights,
  within,
  type RowBuffer,
  type RowNetwork,
} from './row-network.ts';
import { lanesOf, outputLanes, powerOfTwo, type Lanes } from './tiling.ts';

export function declarations({ tiling: { partial } }: RowNetwork): string {
  return `var<workgroup> partial : array<f32, ${partial}>;`;
}

/** Loops lane `s` of `count` over its terms: a loop whose length the compiler knows, and the remainder. */
function laneLoop(terms: number, count: number, body: string): string {
  const [whole, rest] = [Math.floor(terms / count), terms % count];
  return `${whole > 0 ? `for (var i = 0u; i < ${whole}u; i++) { let n = i * ${count}u + s; ${body} }` : ''}
    ${rest > 0 ? `if (s < ${rest}u) { let n = ${whole * count}u + s; ${body} }` : ''}`;
}

const componentsOf = (value: string) => range(4).map((u) => `${value}[${u}]`);

/**
 * Combines the lanes' sums, some rows at a time. Ends with a barrier.
 * @param isActive whether a thread has sums
 * @param sums of the workgroup's r-th row, in the four columns of group `g`
 * @param finish uses the sum `z` of the row `r` and the group `g`
 */
function combineLanes(
  network: RowNetwork,
  lanes: Lanes,
  isActive: string,
  sums: (r: number) => string[],
  finish: string,
) {
  const { rows, partRows, threads } = network.tiling;
  const { width, count, stride } = lanes;
  // The columns of a group are `width` apart, so that neighbouring threads write to neighbouring places.
  const place = (row: string, u: number) => `((${row}) * 4u + ${u}u) * ${width}u + g`;
  return range(rows / partRows)
    .map((part) => {
      const first = part * partRows;
      const store = range(partRows).flatMap((r) =>
        sums(first + r).map((sum, u) => `partial[s * ${stride}u + ${place(`${r}u`, u)}] = ${sum};`),
      );
      return `if (${isActive}) { ${lines(store)} }
        workgroupBarrier();
        for (var i = t; i < ${partRows * width}u; i += ${threads}u) {
          let q = i / ${width}u;
          let g = i % ${width}u;
          let r = ${first}u + q;
          var z = vec4<f32>(0.0);
          for (var lane = 0u; lane < ${count * stride}u; lane += ${stride}u) {
            z += vec4<f32>(${range(4)
              .map((u) => `partial[lane + ${place('q', u)}]`)
              .join()});
          }
          ${finish}
        }
        workgroupBarrier();`;
    })
    .join('\n');
}

/** The bias of the four columns of group `g`. */
function bias({ bias: at, out }: MlpLayer): string {
  return `vec4<f32>(${range(4)
    .map((c) => `P[${at}u + min(4u * g + ${c}u, ${out - 1}u)]`)
    .join()})`;
}

export function forward(network: RowNetwork, kept: RowBuffer | null): string {
  const { layers } = network;
  return lines([
    ...layers.slice(0, -1).map((layer, index) => hiddenForward(network, layer, index, kept)),
    outputForward(network, layers.at(-1) as MlpLayer),
  ]);
}

function hiddenForward(network: RowNetwork, layer: MlpLayer, index: number, kept: RowBuffer | null): string {
  const { tiling, widest } = network;
  const lanes = lanesOf(tiling, groups(layer.out), groups(layer.in));
  const { width, count } = lanes;
  const rows = range(tiling.rows);
  const column = (c: number) => `min(4u * g + ${c}u, ${layer.out - 1}u)`;
  const product = (c: number) =>
    `{ let w = ${weights(layer, column(c), 'n')}; ${rows.map((r) => `a${r}_${c} += dot(x${r}, w);`).join(' ')} }`;
  const to = (what: 'activation' | 'slope') =>
    `kept[${keptBase(network, index, what)}u * ${kept?.count} + ${kept?.row('r')} * ${width}u + g]`;
  const keep = kept
    ? `if (${kept.valid('r')}) { ${to('activation')} = y; ${to('slope')} = ${within('slopeAt(b)', 'g', layer.out)}; }`
    : '';
  return `{
    let s = t % ${count}u;
    let g = t / ${count}u;
    ${lines(
      rows.map((r) =>
        range(4)
          .map((c) => `var a${r}_${c} = 0.0;`)
          .join(' '),
      ),
    )}
    if (g < ${width}u) {
      ${laneLoop(
        groups(layer.in),
        count,
        `${rows.map((r) => `let x${r} = act[${r * widest}u + n];`).join(' ')} ${lines(range(4).map(product))}`,
      )}
    }
    ${combineLanes(
      network,
      lanes,
      `g < ${width}u`,
      (r) => range(4).map((c) => `a${r}_${c}`),
      `let b = z + ${bias(layer)};
      let y = ${within('activated(b)', 'g', layer.out)};
      act[r * ${widest}u + g] = y;
      ${keep}`,
    )}
  }`;
}

/** The last layer, which is narrow: lanes for each of its groups in each row. */
function outputForward({ tiling, widest, output }: RowNetwork, layer: MlpLayer): string {
  const { rows, threads } = tiling;
  const items = rows * output;
  const count = outputLanes(tiling, output, groups(layer.in));
  const product = (c: number) => `dot(x, ${weights(layer, `min(4u * g + ${c}u, ${layer.out - 1}u)`, 'n')})`;
  const products = `let x = act[r * ${widest}u + n]; sum += vec4<f32>(${range(4).map(product).join(', ')});`;
  const result = (sum: string) => within(`${sum} + ${bias(layer)}`, 'g', layer.out);
  if (count === 1) {
    return `for (var item = t; item < ${items}u; item += ${threads}u) {
        let r = item / ${output}u;
        let g = item % ${output}u;
        let s = 0u;
        var sum = vec4<f32>(0.0);
        ${laneLoop(groups(layer.in), 1, products)}
        tail[item] = ${result('sum')};
      }
      workgroupBarrier();`;
  }
  const place = (s: string, u: number) => `partial[((${s}) * 4u + ${u}u) * ${items}u + item]`;
  return `{
    let s = t % ${count}u;
    let item = t / ${count}u;
    if (item < ${items}u) {
      let r = item / ${output}u;
      let g = item % ${output}u;
      var sum = vec4<f32>(0.0);
      ${laneLoop(groups(layer.in), count, products)}
      ${lines(componentsOf('sum').map((sum, u) => `${place('s', u)} = ${sum};`))}
    }
  }
  workgroupBarrier();
  for (var item = t; item < ${items}u; item += ${threads}u) {
    let g = item % ${output}u;
    var sum = vec4<f32>(0.0);
    for (var lane = 0u; lane < ${count}u; lane++) { sum += vec4<f32>(${range(4)
      .map((u) => place('lane', u))
      .join()}); }
    tail[item] = ${result('sum')};
  }
  workgroupBarrier();`;
}

/** The gradient before hidden layer `index` from that before the next layer, `layer`. */
export function hiddenBackward(network: RowNetwork, layer: MlpLayer, index: number, buffer: RowBuffer): string {
  const { tiling, widest, output, layers } = network;
  const lanes = lanesOf(tiling, groups(layer.in), groups(layer.out));
  const { width, count } = lanes;
  const columns = tiling.threads / count;
  const rows = range(tiling.rows);
  const source = (r: number) => (index === layers.length - 2 ? `tail[${r * output}u + n]` : `act[${r * widest}u + n]`);
  const product = (u: number) =>
    `{ let w = ${weights(layer, `min(4u * n + ${u}u, ${layer.out - 1}u)`, 'g')};
      ${rows.map((r) => `a${r} += x${r}[${u}] * w;`).join(' ')} }`;
  return `{
    let s = t / ${columns}u;
    let g = t % ${columns}u;
    ${rows.map((r) => `var a${r} = vec4<f32>(0.0);`).join(' ')}
    if (g < ${width}u) {
      ${laneLoop(
        groups(layer.out),
        count,
        `${rows.map((r) => `let x${r} = ${source(r)};`).join(' ')} ${lines(range(4).map(product))}`,
      )}
    }
    ${combineLanes(
      network,
      lanes,
      `g < ${width}u`,
      (r) => componentsOf(`a${r}`),
      `let at = ${buffer.row('r')} * ${width}u + g;
      var d = vec4<f32>(0.0);
      if (${buffer.valid('r')}) {
        d = z * kept[${keptBase(network, index, 'slope')}u * ${buffer.count} + at];
        ${buffer.inputOnly ? '' : `deltas[${deltaBase(network, index)}u * ${buffer.count} + at] = d;`}
      }
      act[r * ${widest}u + g] = d;`,
    )}
  }`;
}

export function inputGradient(network: RowNetwork, from: number, to: number, store: string): string {
  const { layers, tiling, widest, output } = network;
  const { rows: rowCount, threads, partial } = tiling;
  const layer = layers[0] as MlpLayer;
  const rows = range(rowCount);
  const width = to - from;
  const room = partial / (rowCount * width);
  const count = powerOfTwo(Math.min(threads / width, room, groups(layer.out)));
  const source = (r: string) => (layers.length === 1 ? `tail[${r} * ${output}u + n]` : `act[${r} * ${widest}u + n]`);
  const column = range(4).map(
    (u) => `P[${layer.weights}u + min(4u * n + ${u}u, ${layer.out - 1}u) * ${layer.in}u + c]`,
  );
  const quad = `vec4<f32>(${column.join(', ')})`;
  if (count === 1) {
    return `for (var i = t; i < ${rowCount * width}u; i += ${threads}u) {
      let r = i / ${width}u;
      let c = ${from}u + i % ${width}u;
      let s = 0u;
      var d = 0.0;
      ${laneLoop(groups(layer.out), 1, `d += dot(${source('r')}, ${quad});`)}
      ${store}
    }`;
  }
  return `{
    let s = t / ${width}u;
    let c = ${from}u + t % ${width}u;
    if (s < ${count}u) {
      ${rows.map((r) => `var a${r} = 0.0;`).join(' ')}
      ${laneLoop(
        groups(layer.out),
        count,
        `let w = ${quad}; ${rows.map((r) => `a${r} += dot(${source(`${r}u`)}, w);`).join(' ')}`,
      )}
      ${rows.map((r) => `partial[(s * ${rowCount}u + ${r}u) * ${width}u + t % ${width}u] = a${r};`).join('\n')}
    }
  }
  workgroupBarrier();
  for (var i = t; i < ${rowCount * width}u; i += ${threads}u) {
    let r = i / ${width}u;
    let c = ${from}u + i % ${width}u;
    var d = 0.0;
    for (var lane = 0u; lane < ${count}u; lane++) { d += partial[lane * ${rowCount * width}u + i]; }
    ${store}
  }`;
}
