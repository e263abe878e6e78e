/**
 * MuJoCo's official WebAssembly build, single-threaded. This file is the only one that knows the package; it creates
 * simulations and counts them, because no garbage collector frees what MuJoCo allocates.
 */
import type { MainModule, MjData, MjModel } from '@mujoco/mujoco';

/** A model and its state in the engine's memory; call `free` when done. All arrays are float64 views of that memory. */
export interface Simulation {
  /** Lengths of `qpos`, `qvel` and `ctrl`. */
  readonly sizes: { readonly positions: number; readonly velocities: number; readonly controls: number };
  /** Seconds of one `step`. */
  readonly timestep: number;
  /** Views of the state, valid until the next `step`, `forward` or `reset`, which may move the memory. */
  state(): SimulationState;
  /** Poses of the geoms for drawing, as of the last `step` or `forward`. */
  geoms(): GeomPoses;
  /** Mass of each body in kg, the world first, [bodies]. */
  masses(): Float64Array;
  /** Simulates `count` timesteps. */
  step(count: number): void;
  /** Computes what follows from positions and velocities (poses, contacts), without moving the body. */
  forward(): void;
  /** Returns to the initial state of the model. */
  reset(): void;
  /** Energy of the state in J as of the last `forward`: potential, kinetic. */
  energy(): { potential: number; kinetic: number };
  free(): void;
}

interface SimulationState {
  qpos: Float64Array;
  qvel: Float64Array;
  ctrl: Float64Array;
  /** External forces on each degree of freedom, N and N·m. They last until they are set again; `reset` clears them. */
  applied: Float64Array;
}

/** The same views under the package's names. */
type Views = Record<'qpos' | 'qvel' | 'ctrl' | 'qfrc_applied', Float64Array>;

/** One entry a geom, in the order of the model's text. */
interface GeomPoses {
  /** Centres, [geoms, 3]. */
  positions: Float64Array;
  /** Rotation matrices, row-major, [geoms, 9]. */
  rotations: Float64Array;
  /** MuJoCo's sizes, [geoms, 3]. */
  sizes: Float64Array;
  /** [geoms]; groups above 2 are not drawn. */
  groups: Int32Array;
}

export interface PhysicsEngine {
  /** MuJoCo's version, such as 3.14.0. */
  readonly version: string;
  /**
   * Compiles a model.
   *
   * @param mjcf XML.
   * @throws Error that names and quotes the line if the model does not parse or compile.
   */
  simulate(mjcf: string): Simulation;
  /** Bytes of the engine's memory, which only grows. */
  memoryBytes(): number;
  /** Number of simulations that are not freed. */
  liveSimulations(): number;
}

/**
 * Starts an engine with its own memory.
 *
 * @throws Error if WebAssembly is missing or the module does not load.
 */
export async function startPhysicsEngine(): Promise<PhysicsEngine> {
  if (typeof WebAssembly === 'undefined') {
    throw new Error('The physics need WebAssembly, which this browser lacks or has switched off.');
  }
  const { default: load } = await import('@mujoco/mujoco');
  return new MujocoEngine(await load());
}

class MujocoEngine implements PhysicsEngine {
  readonly version: string;
  readonly #mujoco: MainModule;
  readonly #live = new Set<Simulation>();

  constructor(mujoco: MainModule) {
    this.#mujoco = mujoco;
    this.version = mujoco.mj_versionString();
  }

  simulate(mjcf: string): Simulation {
    const live = this.#live;
    let model: MjModel | null = null;
    try {
      model = this.#mujoco.MjModel.from_xml_string(mjcf);
    } catch (error) {
      throw new Error(modelError(error, mjcf), { cause: error });
    }
    if (model === null) throw new Error('MuJoCo made no model of this text, and did not say why.');
    const simulation = new MujocoSimulation(this.#mujoco, model, () => live.delete(simulation));
    live.add(simulation);
    return simulation;
  }

  memoryBytes(): number {
    const buffer = new this.#mujoco.DoubleBuffer(1);
    try {
      return (buffer.GetView() as Float64Array).buffer.byteLength;
    } finally {
      buffer.delete();
    }
  }

  liveSimulations(): number {
    return this.#live.size;
  }
}

class MujocoSimulation implements Simulation {
  readonly sizes: Simulation['sizes'];
  readonly timestep: number;
  readonly #mujoco: MainModule;
  readonly #model: MjModel;
  readonly #data: MjData;
  readonly #onFree: () => void;
  #views: SimulationState | null = null;
  #freed = false;

  constructor(mujoco: MainModule, model: MjModel, onFree: () => void) {
    this.#mujoco = mujoco;
    this.#model = model;
    this.#data = new mujoco.MjData(model);
    this.#onFree = onFree;
    this.sizes = { positions: model.nq, velocities: model.nv, controls: model.nu };
    const option = model.opt;
    this.timestep = option.timestep;
    option.delete();
  }

  state(): SimulationState {
    // Reading a property creates a view, at 0.6 µs. A view has length 0 once the memory has grown.
    if (this.#views === null || this.#views.qpos.length === 0) {
      const { qpos, qvel, ctrl, qfrc_applied } = this.#data as unknown as Views;
      this.#views = { qpos, qvel, ctrl, applied: qfrc_applied };
    }
    return this.#views;
  }

  geoms(): GeomPoses {
    const data = this.#data as unknown as { geom_xpos: Float64Array; geom_xmat: Float64Array };
    const model = this.#model as unknown as { geom_size: Float64Array; geom_group: Int32Array };
    return {
      positions: data.geom_xpos,
      rotations: data.geom_xmat,
      sizes: model.geom_size,
      groups: model.geom_group,
    };
  }

  masses(): Float64Array {
    return (this.#model.body_mass as Float64Array).slice();
  }

  step(count: number): void {
    const mujoco = this.#mujoco;
    const model = this.#model;
    const data = this.#data;
    for (let i = 0; i < count; i++) mujoco.mj_step(model, data);
  }

  forward(): void {
    this.#mujoco.mj_forward(this.#model, this.#data);
  }

  reset(): void {
    this.#mujoco.mj_resetData(this.#model, this.#data);
  }

  energy(): { potential: number; kinetic: number } {
    const data = this.#data;
    this.#mujoco.mj_energyPos(this.#model, data);
    this.#mujoco.mj_energyVel(this.#model, data);
    const [potential, kinetic] = data.energy as unknown as Float64Array;
    return { potential: potential!, kinetic: kinetic! };
  }

  free(): void {
    if (this.#freed) return;
    this.#freed = true;
    this.#views = null;
    this.#data.delete();
    this.#model.delete();
    this.#onFree();
  }
}

/** MuJoCo's error about a model, with the line that it names. */
function modelError(error: unknown, mjcf: string): string {
  const message = error instanceof Error ? error.message : String(error);
  const reason = message
    .replace(/^MuJoCo Error:\s*(Loading error:\s*)?/, '')
    .replaceAll(/\s*\n\s*/g, ' ')
    .trim();
  const line = /\bline(?: number\s*=)?\s*(\d+)/i.exec(reason)?.[1];
  if (line === undefined) return `The model does not compile: ${reason}.`;
  const shown = (mjcf.split('\n')[Number(line) - 1] ?? '').trim();
  return `The model does not compile, at line ${line}, "${shown}": ${reason}.`;
}
