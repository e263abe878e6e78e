/** Bootstrap targets y = r + γ (1 − done) min(Q1, Q2), as one operation. */
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { defineKernel } from '../define-kernel.ts';
import { dispatch } from '../webgpu/dispatch.ts';
import { eachElement } from '../webgpu/threads.ts';

const targetsKernel = defineKernel<{ discount: number }>({
  name: 'BootstrapTargets',
  outputShapes: ({ rewards }) => [[...(rewards as readonly number[])]],
  portable: ({ rewards, notDone, q1, q2 }, [targets], { discount }) => {
    const [r, alive, a, b, out] = [rewards, notDone, q1, q2, targets] as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    for (let i = 0; i < out.length; i++) {
      const minQ = Math.min(a[i] as number, b[i] as number);
      out[i] = (r[i] as number) + Math.fround((alive[i] as number) * discount) * minQ;
    }
  },
  webgpu: (backend, inputs, { discount }) => {
    const { rewards, notDone, q1, q2 } = inputs as Record<'rewards' | 'notDone' | 'q1' | 'q2', (typeof inputs)[string]>;
    const count = rewards.shape[0] as number;
    const targets = backend.makeTensorInfo([...rewards.shape], 'float32');
    dispatch(backend, {
      name: 'bootstrapTargets',
      key: `${count} ${discount}`,
      bindings: [
        { name: 'rewards', tensor: rewards },
        { name: 'notDone', tensor: notDone },
        { name: 'q1', tensor: q1 },
        { name: 'q2', tensor: q2 },
        { name: 'targets', tensor: targets, access: 'write' },
      ],
      ...eachElement(count, () => `targets[i] = rewards[i] + notDone[i] * f32(${discount}) * min(q1[i], q2[i]);`),
    });
    return [targets];
  },
});

/** Targets [B, 1] from rewards, notDone (1 if the episode continues) and both critics' Q of the next action, all [B, 1]. */
export function bootstrapTargets(
  rewards: Tensor2D,
  notDone: Tensor2D,
  q1: Tensor2D,
  q2: Tensor2D,
  discount: number,
): Tensor2D {
  return targetsKernel({ rewards, notDone, q1, q2 }, { discount })[0] as Tensor2D;
}
