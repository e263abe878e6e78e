/** The gradient of an MLP's flat parameters from `kept` and `deltas`: all layers, over all rows, in one dispatch. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { mlpLayout } from '../mlp-layout.ts';
import { dispatch } from './dispatch.ts';
import { deltaBase, groups, keptBase, type RowNetwork } from './rows.ts';
import { eachElement } from './threads.ts';
import { productTiling, type ProductTiling } from './tiling.ts';

const range = (count: number) => Array.from({ length: count }, (_, i) => i);

/**
 * @param kept and @param deltas as rows.ts lays them out, for `count` rows
 * @returns [P]
 */
export function flatParameterGradient(
  backend: WebGPUBackend,
  network: RowNetwork,
  kept: TensorInfo,
  deltas: TensorInfo,
  count: number,
): TensorInfo {
  const { parameterCount } = mlpLayout(network.spec);
  const tiling = productTiling(count);
  const key = `${network.spec.sizes.join()} ${count} ${JSON.stringify(tiling)}`;
  const tiles = network.layers.map(
    (layer) => Math.ceil(groups(layer.out) / tiling.outGroups) * Math.ceil(groups(layer.in) / tiling.inGroups),
  );
  const total = Math.ceil(tiles.reduce((a, b) => a + b, 0) / tiling.threads);
  const partial = backend.makeTensorInfo([tiling.splits * parameterCount], 'float32');
  dispatch(backend, {
    name: 'mlpParameterGradient',
    key,
    bindings: [
      { name: 'kept', tensor: kept, type: 'vec4<f32>' },
      { name: 'deltas', tensor: deltas, type: 'vec4<f32>' },
      { name: 'gradient', tensor: partial, access: 'write' },
    ],
    workgroups: [total * tiling.splits, 1],
    wgsl: () => shader(network, tiling, tiles, total, count, parameterCount),
  });
  if (tiling.splits === 1) return partial;
  const gradient = backend.makeTensorInfo([parameterCount], 'float32');
  dispatch(backend, {
    name: 'sumParts',
    key: `${parameterCount} ${tiling.splits}`,
    bindings: [
      { name: 'partial', tensor: partial },
      { name: 'gradient', tensor: gradient, access: 'write', perInvocation: true },
    ],
    ...eachElement(
      parameterCount,
      () => `var sum = 0.0;
        for (var part = 0u; part < ${tiling.splits}u; part++) { sum += partial[part * ${parameterCount}u + i]; }
        gradient[i] = sum;`,
    ),
  });
  backend.disposeData(partial.dataId);
  return gradient;
}

function shader(
  network: RowNetwork,
  { outGroups, inGroups, threads, rows, splits: parts }: ProductTiling,
  tiles: readonly number[],
  total: number,
  count: number,
  parameterCount: number,
): string {
  const { layers } = network;
  let first = 0;
  const choose = layers.map((layer, i) => {
    const from = first;
    first += tiles[i] as number;
    const x = i === 0 ? 0 : keptBase(network, i - 1, 'activation') * count;
    const values = [
      `firstTile = ${from}u`,
      `tilesIn = ${Math.ceil(groups(layer.in) / inGroups)}u`,
      `widthIn = ${layer.in}u`,
      `widthOut = ${layer.out}u`,
      `xBase = ${x}u`,
      `dBase = ${deltaBase(network, i) * count}u`,
      `weights = ${layer.weights}u`,
      `bias = ${layer.bias}u`,
    ];
    return `if (place < ${first}u) { ${values.join('; ')}; }`;
  });
  const out = range(outGroups);
  const into = range(inGroups);
  const products = (some: number): string => {
    const each = range(some);
    const loads = each.flatMap((r) => [
      ...into.map((k) => `let x${r}_${k} = kept[xBase + (row + ${r}u) * groupsIn + min(k0 + ${k}u, groupsIn - 1u)];`),
      ...out.map(
        (n) => `let d${r}_${n} = deltas[dBase + (row + ${r}u) * groupsOut + min(n0 + ${n}u, groupsOut - 1u)];`,
      ),
    ]);
    const sums = each.flatMap((r) =>
      out.flatMap((n) => [
        `b${n} += d${r}_${n};`,
        ...range(4).flatMap((c) => into.map((k) => `a${n}_${c}_${k} += d${r}_${n}[${c}] * x${r}_${k};`)),
      ]),
    );
    return [...loads, ...sums].join('\n');
  };
  return `@compute @workgroup_size(${threads})
    fn main(@builtin(workgroup_id) group : vec3<u32>, @builtin(local_invocation_id) local : vec3<u32>) {
      let place = group.x % ${total}u * ${threads}u + local.x;
      if (place >= ${first}u) { return; }
      var firstTile = 0u; var tilesIn = 1u; var widthIn = 0u; var widthOut = 0u;
      var xBase = 0u; var dBase = 0u; var weights = 0u; var bias = 0u;
      ${choose.join(' else ')}
      let tile = place - firstTile;
      let groupsIn = (widthIn + 3u) / 4u;
      let groupsOut = (widthOut + 3u) / 4u;
      let n0 = tile / tilesIn * ${outGroups}u;
      let k0 = tile % tilesIn * ${inGroups}u;
      let begin = group.x / ${total}u * ${Math.ceil(count / parts)}u;
      let end = min(begin + ${Math.ceil(count / parts)}u, ${count}u);
      ${out.map((n) => `var b${n} = vec4<f32>(0.0);`).join(' ')}
      ${out.flatMap((n) => range(4).flatMap((c) => into.map((k) => `var a${n}_${c}_${k} = vec4<f32>(0.0);`))).join(' ')}
      var row = begin;
      ${rows > 1 ? `for (; row + ${rows}u <= end; row += ${rows}u) { ${products(rows)} }` : ''}
      for (; row < end; row++) { ${products(1)} }
      let part = group.x / ${total}u * ${parameterCount}u;
      ${out
        .flatMap((n) =>
          range(4).map(
            (c) => `{ let row = 4u * (n0 + ${n}u) + ${c}u;
          if (row < widthOut) {
            ${into
              .map(
                (k) => `for (var u = 0u; u < 4u; u++) {
              let column = 4u * (k0 + ${k}u) + u;
              if (column < widthIn) { gradient[part + weights + row * widthIn + column] = a${n}_${c}_${k}[u]; }
            }`,
              )
              .join('\n')}
            if (k0 == 0u) { gradient[part + bias + row] = b${n}[${c}]; }
          } }`,
          ),
        )
        .join('\n')}
    }`;
}
