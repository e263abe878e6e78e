/** The machine that the figures were measured on. */
import { cpus, release, totalmem, type } from 'node:os';
import { version_core } from '@tensorflow/tfjs-core';

export interface Machine {
  cpu: string;
  cores: number;
  memoryGb: number;
  os: string;
  /** The WebGPU adapter that rows ran on, or null. */
  adapter: string | null;
  /** Versions of the measured libraries and of the runtime, by name. */
  versions: Record<string, string>;
  date: string;
}

export function machineOf(adapter: string | null, versions: Record<string, string>): Machine {
  const all = cpus();
  return {
    cpu: all[0]?.model.trim() ?? 'unknown',
    cores: all.length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    os: `${type()} ${release()}, ${process.arch}`,
    adapter,
    versions: { node: process.versions.node, tfjs: version_core, ...versions },
    date: new Date().toISOString().slice(0, 10),
  };
}
