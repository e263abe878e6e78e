/** Layer normalisation on WebGPU: a workgroup for each row; for the parameters' gradient, a thread for each column. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { LAYER_NORM_EPSILON } from '../../math/plain-mlp.ts';
import { dispatch } from './dispatch.ts';
import { eachElement, THREADS } from './threads.ts';
import { activationFunctions } from '../activation.ts';
import type { LayerNormAttributes } from '../mlp-layout.ts';

type Inputs = Readonly<Record<string, TensorInfo>>;

/**
 * The shader of a workgroup for each row. `body` may use `t`, the thread, `row`, and `summed(t, value)`: the sum of the
 * threads' values, for all of them.
 */
function eachRow(body: string, functions = ''): string {
  return `var<workgroup> sums : array<vec2<f32>, ${THREADS}>;
    fn summed(t : u32, value : vec2<f32>) -> vec2<f32> {
      workgroupBarrier();
      sums[t] = value;
      for (var half = ${THREADS / 2}u; half > 0u; half /= 2u) {
        workgroupBarrier();
        if (t < half) { sums[t] += sums[t + half]; }
      }
      workgroupBarrier();
      return sums[0];
    }
    ${functions}
    @compute @workgroup_size(${THREADS})
    fn main(@builtin(workgroup_id) group : vec3<u32>, @builtin(local_invocation_id) local : vec3<u32>) {
      let t = local.x;
      let row = group.x;
      ${body}
    }`;
}

/** [y, and if `keep`: normalised rows, slopes, one over each row's deviation]. */
export function layerNormForwardWebgpu(
  backend: WebGPUBackend,
  inputs: Inputs,
  { activation, keep }: LayerNormAttributes,
): TensorInfo[] {
  const { z, params } = inputs as Record<'z' | 'params', TensorInfo>;
  const [rows, width] = z.shape as [number, number];
  const make = (shape: number[]) => backend.makeTensorInfo(shape, 'float32');
  const y = make([rows, width]);
  const kept = keep ? { normed: make([rows * width]), slopes: make([rows * width]), scales: make([rows]) } : {};
  const written = Object.entries({ y, ...kept });
  const columns = (body: string) => `for (var c = t; c < ${width}u; c += ${THREADS}u) { ${body} }`;
  const at = `row * ${width}u + c`;
  dispatch(backend, {
    name: 'layerNorm',
    key: `${rows} ${width} ${activation} ${keep}`,
    bindings: [
      { name: 'z', tensor: z },
      { name: 'params', tensor: params },
      ...written.map(([name, tensor]) => ({ name, tensor, access: 'write' as const })),
    ],
    workgroups: [rows, 1],
    wgsl: () =>
      eachRow(
        `var part = 0.0;
        ${columns(`part += z[${at}];`)}
        let mean = summed(t, vec2<f32>(part, 0.0)).x / ${width}.0;
        part = 0.0;
        ${columns(`let d = z[${at}] - mean; part += d * d;`)}
        let scale = 1.0 / sqrt(summed(t, vec2<f32>(part, 0.0)).x / ${width}.0 + ${LAYER_NORM_EPSILON});
        ${keep ? 'if (t == 0u) { scales[row] = scale; }' : ''}
        ${columns(`let x = (z[${at}] - mean) * scale;
          let u = x * params[c] + params[${width}u + c];
          y[${at}] = activated(u);
          ${keep ? `normed[${at}] = x; slopes[${at}] = slopeAt(u);` : ''}`)}`,
        activationFunctions(activation, 'f32'),
      ),
  });
  return written.map(([, tensor]) => tensor);
}

/** [dz]. */
export function layerNormBackwardWebgpu(backend: WebGPUBackend, inputs: Inputs): TensorInfo[] {
  const { dy, params, normed, slopes, scales } = inputs as Record<string, TensorInfo>;
  const [rows, width] = dy!.shape as [number, number];
  const dz = backend.makeTensorInfo([rows, width], 'float32');
  const columns = (body: string) => `for (var c = t; c < ${width}u; c += ${THREADS}u) {
      let i = row * ${width}u + c;
      let dx = dy[i] * slopes[i] * params[c];
      ${body}
    }`;
  dispatch(backend, {
    name: 'layerNormGradient',
    key: `${rows} ${width}`,
    bindings: [
      ...Object.entries({ dy, params, normed, slopes, scales }).map(([name, tensor]) => ({ name, tensor: tensor! })),
      { name: 'dz', tensor: dz, access: 'write' },
    ],
    workgroups: [rows, 1],
    wgsl: () =>
      eachRow(`var part = vec2<f32>(0.0);
        ${columns('part += vec2<f32>(dx, dx * normed[i]);')}
        let means = summed(t, part) / ${width}.0;
        ${columns('dz[i] = scales[row] * (dx - means.x - normed[i] * means.y);')}`),
  });
  return [dz];
}

/** [gradient of gain and bias]. */
export function layerNormGradientWebgpu(backend: WebGPUBackend, inputs: Inputs): TensorInfo[] {
  const { dy, normed, slopes } = inputs as Record<string, TensorInfo>;
  const [rows, width] = dy!.shape as [number, number];
  const gradient = backend.makeTensorInfo([2 * width], 'float32');
  dispatch(backend, {
    name: 'layerNormParameters',
    key: `${rows} ${width}`,
    bindings: [
      ...Object.entries({ dy, normed, slopes }).map(([name, tensor]) => ({ name, tensor: tensor! })),
      { name: 'gradient', tensor: gradient, access: 'write' },
    ],
    ...eachElement(
      width,
      () => `var sums = vec2<f32>(0.0);
        for (var row = 0u; row < ${rows}u; row++) {
          let at = row * ${width}u + i;
          let du = dy[at] * slopes[at];
          sums += vec2<f32>(du * normed[at], du);
        }
        gradient[i] = sums.x;
        gradient[${width}u + i] = sums.y;`,
    ),
  });
  return [gradient];
}
