/** A checkpoint of a finished run whose numbers are always the same: shipped weights, and curves that are drawn by hand. */
import { readFile } from 'node:fs/promises';
import { BODIES } from '../src/environments/bodies/index.ts';
import { decodeCheckpoint, encodeFile } from '../src/locomotion/checkpoint-file.ts';
import { summary } from '../src/locomotion/evaluation.ts';

const STEPS = 12_000;

/** @param seed of the experiment; the curves of another lie elsewhere. */
export async function finishedRun(seed: number): Promise<Buffer> {
  const shipped = decodeCheckpoint(await readFile('public/policies/hopper-diffusion-ql.safetensors'));
  const waves = (k: number) => Math.sin(1.7 * k + seed) + Math.sin(0.61 * k);
  const losses = Array.from({ length: 60 }, (_, i) => {
    const share = (i + 1) / 60;
    return {
      step: share * STEPS,
      steps: STEPS / 60,
      seconds: 180 * share,
      means: {
        bcLoss: 0.08 + 0.3 * Math.exp(-5 * share) + 0.006 * waves(i),
        qLoss: -0.9 - 0.08 * share + 0.01 * waves(i + 9),
        criticLoss: 4 + 9 * share + 0.8 * waves(i + 3),
        targetQ: 290 * (1 - Math.exp(-3 * share)),
        meanQ: 288 * (1 - Math.exp(-3.1 * share)),
        actorGradientNorm: 0.4 + 0.1 * waves(i + 1),
        criticGradientNorm: 9 + 4 * share + waves(i + 5),
      },
    };
  });
  const points = Array.from({ length: 6 }, (_, k) => ({
    step: (k + 1) * (STEPS / 6),
    bcLoss: losses[10 * k + 9]!.means.bcLoss,
    evaluations: [1, 50].map((candidates) => {
      const mean = 700 + 110 * (k + 1) + (candidates > 1 ? 140 : 0) + 90 * waves(k);
      const returns = Array.from({ length: 10 }, (_episode, i) => mean + 130 * Math.sin(2.1 * i + k));
      return {
        candidates,
        returns,
        lengths: returns.map(() => 400),
        ...summary(returns, BODIES.hopper.referenceReturns),
      };
    }),
  }));
  return Buffer.from(
    encodeFile({
      ...shipped,
      experiment: { ...shipped.experiment, seed },
      step: STEPS,
      seconds: 180,
      tensors: { ...shipped.tensors, 'actor_optimiser.exp_avg.none': { shape: [1], data: new Float32Array(1) } },
      notes: {
        losses,
        points,
        candidates: [1, 50],
        backend: 'wasm',
        engine: 'wasm (WebAssembly)',
        physics: 'MuJoCo 3.14, v2-compatible',
      },
    }),
  );
}
