import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { onGpuError, startBackend, type BackendId } from '../tensor/backend.ts';
import { PARITY_TOLERANCE, replayParityCase } from './parity.ts';
import { decodeSafetensors, encodeSafetensors } from './safetensors.ts';

const CASES = fileURLToPath(new URL('../../e2e/parity/', import.meta.url));

function readCase(name: string): Uint8Array {
  return new Uint8Array(readFileSync(`${CASES}${name}.safetensors`));
}

const RUNS: [BackendId, string, boolean?][] = [
  ['cpu', 'hopper-small'],
  ['cpu', 'antmaze-max-q-backup'],
  ['cpu', 'bandit-t50'],
  ['wasm', 'hopper-small', false],
  ['wasm', 'hopper-small', true],
  ['wasm', 'antmaze-max-q-backup', true],
  ['wasm', 'bandit-t50', true],
  // Plain steps on WebGPU are replayed in the browser.
  ['webgpu', 'antmaze-max-q-backup', true],
];

describe('agreement with the published agent', () => {
  it.each(RUNS)(
    'agrees with the published agent on %s: %s (recorded steps: %s)',
    async (backend, name, recorded = false) => {
      const gpuErrors: string[] = [];
      await startBackend(backend);
      const stopListening = onGpuError((message) => gpuErrors.push(message));
      const report = await replayParityCase(readCase(name), { recorded });
      stopListening();
      expect(report.maxLossError).toBeLessThan(PARITY_TOLERANCE);
      expect(report.maxParameterError).toBeLessThan(PARITY_TOLERANCE);
      // Every step reports every loss, and the parameters are compared after the first step and the last.
      for (const step of report.steps) expect(Object.keys(step.lossErrors)).toHaveLength(7);
      expect(report.steps.at(0)?.parameterErrors).not.toBeNull();
      expect(report.steps.at(-1)?.parameterErrors).not.toBeNull();
      expect(gpuErrors).toEqual([]);
    },
    120_000,
  );

  it('the agreement is lost when one recorded number is changed', async () => {
    await startBackend('cpu');
    const { tensors, metadata } = decodeSafetensors(readCase('hopper-small'));
    const losses = JSON.parse(metadata['losses'] as string) as Record<string, number>[];
    losses[2]!['critic_loss']! *= 1.001;
    const changed = encodeSafetensors(tensors as never, { ...metadata, losses: JSON.stringify(losses) });
    const report = await replayParityCase(changed);
    expect(report.maxLossError).toBeGreaterThan(PARITY_TOLERANCE);
  });

  it('replaying names a missing tensor and a wrong shape', async () => {
    await startBackend('cpu');
    const { tensors, metadata } = decodeSafetensors(readCase('hopper-small'));
    const { 'step1.action': _dropped, ...rest } = tensors;
    await expect(replayParityCase(encodeSafetensors(rest as never, metadata))).rejects.toThrow('step1.action');
    const misfit = {
      ...tensors,
      'initial.critic.q1_model.2.bias': { dtype: 'F32', shape: [31], data: new Float32Array(31) },
    };
    await expect(replayParityCase(encodeSafetensors(misfit as never, metadata))).rejects.toThrow(
      '"q1_model.2.bias" has shape [31]; this network needs [32]',
    );
    await expect(replayParityCase(encodeSafetensors({}, {}))).rejects.toThrow('no "config"');
  });
});
