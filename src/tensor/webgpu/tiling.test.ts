import { afterEach, expect, it } from 'vitest';
import { gpuProfile, setGpuProfile } from '../backend-state.ts';
import { combinedRequirements } from './merge-shaders.ts';
import { MAIN } from './mlp-common.ts';
import { declarations, rowNetwork } from './rows.ts';

const original = gpuProfile();
afterEach(() => setGpuProfile(original));

/** Bytes and threads that WebGPU promises a workgroup on every device. */
const DEFAULT = { memory: 16384, threads: 256 };

const D4RL = [256, 256, 256];
/** `actionWidth` is that of a reverse chain, whose positions are in workgroup memory as well. */
const NETWORKS = [
  { name: 'the D4RL denoiser', sizes: [17 + 6 + 16, ...D4RL, 6], actionWidth: 6 },
  { name: 'the D4RL critic', sizes: [17 + 6, ...D4RL, 1], actionWidth: 0 },
  { name: 'the widest denoiser that a link may ask for', sizes: [39, 512, 512, 512, 6], actionWidth: 6 },
  { name: 'the widest layer of a critic with layer normalisation', sizes: [512, 512], actionWidth: 0 },
  { name: 'the first layer of such a critic', sizes: [23, 512], actionWidth: 0 },
];

it.each(NETWORKS)('$name fits into a workgroup of WebGPU’s default limits', ({ sizes, actionWidth }) => {
  for (const software of [false, true]) {
    setGpuProfile({ software, workgroupMemory: DEFAULT.memory, aggressiveFusion: true });
    const network = rowNetwork({ sizes, activation: 'mish' });
    const { rows, threads } = network.tiling;
    const position = actionWidth > 0 ? `var<workgroup> position : array<f32, ${rows * actionWidth}>;` : '';
    const wgsl = () => `${declarations(network)} ${position} ${MAIN(threads)} }`;
    const part = { name: 'rows', key: '', bindings: [], workgroups: [1, 1] as const, wgsl };
    expect(rows).toBeGreaterThanOrEqual(1);
    expect(combinedRequirements([part])?.memory).toBeLessThanOrEqual(DEFAULT.memory);
    expect(threads).toBeLessThanOrEqual(DEFAULT.threads);
  }
});

it.each([
  { memory: 16384, rows: 4 },
  { memory: 32768, rows: 8 },
  { memory: 49152, rows: 8 },
])('a D4RL network is computed $rows rows at a time if a workgroup has $memory bytes', ({ memory, rows }) => {
  setGpuProfile({ software: false, workgroupMemory: memory, aggressiveFusion: true });
  expect(rowNetwork({ sizes: [39, ...D4RL, 6], activation: 'mish' }).tiling.rows).toBe(rows);
});
