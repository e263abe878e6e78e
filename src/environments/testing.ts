/** Helpers of the environments' tests. */
import { startPhysicsEngine, type PhysicsEngine } from './engine.ts';
import type { SpawnWorker } from './rollouts/protocol.ts';
import { RolloutServer } from './rollouts/server.ts';
import type { Body, Model } from './mjcf.ts';

let shared: Promise<PhysicsEngine> | null = null;

/** One engine for all tests of a file. */
export function testEngine(): Promise<PhysicsEngine> {
  shared ??= startPhysicsEngine();
  return shared;
}

/** A fake rollout worker that runs in this thread, on the tests' engine. */
export const spawnHere: SpawnWorker = ({ reply }) => {
  const server = new RolloutServer(testEngine());
  return { send: (job) => void server.serve(job).then(reply), end: () => server.end() };
};

/** The model with every body's joints and geoms mapped. */
export function mapBodies(model: Model, change: (body: Body) => Body): Model {
  const walk = (body: Body): Body => {
    const changed = change(body);
    return { ...changed, ...(changed.bodies && { bodies: changed.bodies.map(walk) }) };
  };
  return { ...model, bodies: model.bodies.map(walk) };
}
