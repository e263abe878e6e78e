/**
 * A network's layers on a software adapter: few threads with large tiles of whole sums, since loads are expensive there
 * and registers are not. The widest networks use these on a GPU as well, slowly.
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

/** A thread's groups of `width`: the WGSL of each group's index, and whether it may be past the end. */
function ownGroups({ tiling }: RowNetwork, width: number): [string, boolean][] {
  const count = Math.ceil(width / tiling.threads);
  return range(count).map((j) => [j === 0 ? 't' : `t + ${j * tiling.threads}u`, (j + 1) * tiling.threads > width]);
}

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

/** The gradient before hidden layer `index` from that before the next layer, `layer`. */
export function hiddenBackward(network: RowNetwork, layer: MlpLayer, index: number, buffer: RowBuffer): string {
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
        ${buffer.inputOnly ? '' : `deltas[${deltaBase(network, index)}u * ${buffer.count} + ${at}] = d;`}
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
