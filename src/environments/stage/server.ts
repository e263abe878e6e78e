/** The worker's side of the stage, without the worker: takes commands, gives replies. */
import type { Engine } from '../engine.ts';
import { BodyPlayer } from './player.ts';
import type { StageCommand, StageReply } from './protocol.ts';

export class StageServer {
  private readonly engine: Engine;
  private player: BodyPlayer | null = null;
  private runs = 0;

  constructor(engine: Engine) {
    this.engine = engine;
  }

  /** Does what it is told. Never throws: what goes wrong is a reply. Null where nothing is to be said. */
  serve(command: StageCommand): StageReply | null {
    try {
      if (command.type === 'open') {
        this.end();
        this.player = new BodyPlayer(this.engine, command.setup, ++this.runs);
      }
      return this.player ? answer(this.player, command) : null;
    } catch (error) {
      return { type: 'failed', message: error instanceof Error ? error.message : String(error) };
    }
  }

  /** Gives the engine its memory back. */
  end(): void {
    this.player?.free();
    this.player = null;
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

/** What is handed over with a reply. */
export function transferables(reply: StageReply): ArrayBuffer[] {
  const arrays =
    reply.type === 'frame'
      ? [reply.frame.qpos, reply.frame.actions]
      : reply.type === 'trace'
        ? [reply.trace.observation, reply.trace.trace.chains]
        : [];
  return arrays.map(({ buffer }) => buffer as ArrayBuffer);
}
