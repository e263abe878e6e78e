import { expect, it } from 'vitest';
import caseUrl from '../../e2e/parity/hopper-small.safetensors?url';
import { onGpuError, startBackend, type BackendId } from '../tensor/backend.ts';
import { PARITY_TOLERANCE, replayParityCase } from './parity.ts';

it.each<BackendId>(['wasm', 'webgpu'])('agrees with the published agent in the browser, on %s', async (backend) => {
  const gpuErrors: string[] = [];
  const info = await startBackend(backend);
  expect(info.backend).toBe(backend);
  const stopListening = onGpuError((message) => gpuErrors.push(message));
  const response = await fetch(caseUrl);
  const report = await replayParityCase(new Uint8Array(await response.arrayBuffer()));
  stopListening();
  expect(report.maxLossError).toBeLessThan(PARITY_TOLERANCE);
  expect(report.maxParameterError).toBeLessThan(PARITY_TOLERANCE);
  expect(gpuErrors).toEqual([]);
});
