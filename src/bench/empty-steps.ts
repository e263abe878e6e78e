/**
 * Steps of dispatches that do nothing. They measure the minimum cost of a recorded step on the calling thread. Where
 * WebGPU calls are expensive, as between Node and Dawn, this is most of the step.
 */
import { webgpu } from '../tensor/step-capture.ts';
import { compileCommand, MAX_REPLAY, Replay } from '../tensor/replay.ts';
import type { MergePart } from '../tensor/webgpu/merge-shaders.ts';
import { takeQueued } from './queued.ts';

/** The dispatches of a Diffusion-QL step on a software adapter. */
export const EMPTY_DISPATCHES = 36;
/** Buffers bound to each dispatch. Only the first is written. */
const BOUND = 8;

export class EmptySteps {
  readonly #replay: Replay;
  readonly #buffers: readonly GPUBuffer[];

  static async create(): Promise<EmptySteps> {
    const { gpu } = webgpu();
    const { STORAGE, COPY_SRC, COPY_DST } = GPUBufferUsage;
    const usage = STORAGE | COPY_SRC | COPY_DST;
    const buffers = Array.from({ length: BOUND }, () => gpu.device.createBuffer({ size: 256, usage }));
    const [counter] = buffers as [GPUBuffer];
    // Neighbours use different pipelines, as they mostly do in a real step.
    const part = (index: number): MergePart => ({
      name: 'Empty',
      key: String(index % 2),
      workgroups: [1, 1],
      bindings: buffers.map((buffer, i) => ({
        name: `bound${i}`,
        type: 'f32',
        access: i === 0 ? 'write' : 'read',
        buffer,
      })),
      // Each dispatch adds one, which shows that all of them ran.
      wgsl: () => '@compute @workgroup_size(1) fn main() { bound0[0] += 1.0; }',
    });
    const commands = await Promise.all(
      Array.from({ length: EMPTY_DISPATCHES }, (_, index) => compileCommand(gpu.device, part(index), 1)),
    );
    const ports = { inputs: counter, inputCount: 0, metrics: counter, metricCount: 1 };
    return new EmptySteps(new Replay(gpu, commands, ports), buffers);
  }

  private constructor(replay: Replay, buffers: readonly GPUBuffer[]) {
    this.#replay = replay;
    this.#buffers = buffers;
  }

  /** @returns In `loss`, the dispatches that ran since creation. */
  async run(steps: number): Promise<{ jsMs: number; loss: number }> {
    let taken = 0;
    const { jsMs, last } = await takeQueued(
      () => steps - taken,
      (limit) => {
        const count = Math.min(MAX_REPLAY, limit);
        taken += count;
        return this.#replay.submit(count, () => undefined);
      },
    );
    return { jsMs, loss: last?.at(-1) ?? Number.NaN };
  }

  dispose(): void {
    this.#replay.dispose();
    for (const buffer of this.#buffers) buffer.destroy();
  }
}
