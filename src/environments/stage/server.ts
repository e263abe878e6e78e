/** The worker's side of the stage, independent of workers: handles commands and returns replies. */
import type { PhysicsEngine } from '../engine.ts';
import { BodyPlayer } from './player.ts';
import type { StageCommand, StageReply } from './protocol.ts';

export class StageServer {
  readonly #engine: PhysicsEngine;
  #player: BodyPlayer | null = null;
  #runs = 0;

  constructor(engine: PhysicsEngine) {
    this.#engine = engine;
  }

  /** Handles a command. Never throws: an error becomes a reply. Null if there is no reply. */
  serve(command: StageCommand): StageReply | null {
    try {
      if (command.type === 'open') {
        this.end();
        this.#player = new BodyPlayer(this.#engine, command.setup, ++this.#runs);
      }
      return this.#player ? answer(this.#player, command) : null;
    } catch (error) {
      return { type: 'failed', message: error instanceof Error ? error.message : String(error) };
    }
  }

  /** Frees the engine's memory. */
  end(): void {
    this.#player?.free();
    this.#player = null;
  }
}

function answer(player: BodyPlayer, command: StageCommand): StageReply | null {
  switch (command.type) {
    case 'policy':
      player.setPolicy(command.policy);
      return null;
    case 'push':
      player.pushOnce(command.push);
      return null;
    case 'pull':
      player.pullWith(command.push);
      return null;
    case 'advance':
      player.advance(command.ms, command.speed, command.afterEnd);
      break;
    case 'step':
      player.stepOnce();
      break;
    case 'restart':
      player.restart();
      break;
    case 'trace': {
      const trace = player.trace();
      return trace && { type: 'trace', trace };
    }
    case 'open':
      break;
  }
  return { type: 'frame', frame: player.frame() };
}

/** Buffers to transfer with a reply. */
export function stageTransferables(reply: StageReply): ArrayBuffer[] {
  const arrays =
    reply.type === 'frame'
      ? [reply.frame.qpos, reply.frame.actions]
      : reply.type === 'trace'
        ? [reply.trace.observation, reply.trace.trace.chains]
        : [];
  return arrays.map(({ buffer }) => buffer as ArrayBuffer);
}
