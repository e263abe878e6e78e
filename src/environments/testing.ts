/** Helpers of the environments' tests. */
import { startEngine, type Engine } from './engine.ts';
import type { Body, Model } from './mjcf.ts';

let shared: Promise<Engine> | null = null;

/** One engine for all tests of a file. */
export function testEngine(): Promise<Engine> {
  shared ??= startEngine();
  return shared;
}

/** The model with every body's joints and geoms mapped. */
export function mapBodies(model: Model, change: (body: Body) => Body): Model {
  const walk = (body: Body): Body => {
    const changed = change(body);
    return { ...changed, ...(changed.bodies && { bodies: changed.bodies.map(walk) }) };
  };
  return { ...model, bodies: model.bodies.map(walk) };
}
