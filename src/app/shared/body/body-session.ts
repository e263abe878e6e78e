/**
 * The page's side of a running body: it asks the worker for a state each frame, and tells the rest of the page a few times
 * a second. Nothing is asked for while the page is hidden, since there are no frames then.
 */
import { createStore } from 'zustand/vanilla';
import { PlanarFigure } from '../../../environments/kinematics.ts';
import { startStageWorker, type StageWorker } from '../../../environments/stage/connect-browser.ts';
import type { Policy } from '../../../environments/rollouts/policy.ts';
import type {
  AfterEnd,
  Push,
  StageFrame,
  StageReply,
  StageSetup,
  StageTrace,
} from '../../../environments/stage/protocol.ts';
import { BODIES } from '../../../environments/bodies/index.ts';
import type { EnvironmentId } from '../../../environments/bodies/ids.ts';
import { LatestAsker } from '../policy-inspector/latest-only-poller.ts';
import type { StageSource } from '../stage/source.ts';
import { ActionHistory } from './action-history.ts';
import { RealTimeShare } from './real-time-share.ts';

/** Numbers that change faster than this cannot be read. */
const TELL_MS = 100;
/** Between two traces. */
const TRACE_MS = 100;
/** A picture that was drawn longer ago is one of a page that is hidden. */
const DRAWN_MS = 100;

export const SPEEDS = [1, 0.5, 0.25, 0.1] as const;

/** Facts of a moment: a frame without what pictures are made of. */
export type BodyFacts = Omit<StageFrame, 'qpos' | 'actions' | 'run' | 'missed'>;

export interface BodyState {
  status: 'loading' | 'ready' | 'failed';
  /** What went wrong. */
  trouble: string | null;
  /** MuJoCo's, once it is known. */
  version: string | null;
  playing: boolean;
  speed: number;
  afterEnd: AfterEnd;
  facts: BodyFacts;
  /** The episode that ended last. */
  last: BodyFacts | null;
  /** How the policy comes to its next action; null for one that has no denoising, and while nobody watches. */
  trace: StageTrace | null;
  /** Body time that passes in the time it should: less than 1 where the policy takes longer than the body. */
  realTime: number;
}

const NO_FACTS: BodyFacts = { episode: 0, step: 0, reward: 0, speed: 0, return: 0, end: null, pushed: false };

type Connect = (onReply: (reply: StageReply) => void) => StageWorker;

export class BodySession {
  readonly store = createStore<BodyState>()(() => ({
    status: 'loading',
    trouble: null,
    version: null,
    playing: false,
    speed: 1,
    afterEnd: 'restart',
    facts: NO_FACTS,
    last: null,
    trace: null,
    realTime: 1,
  }));
  /** Of the body that is open; null before the first. */
  history: ActionHistory | null = null;
  private readonly worker: StageWorker;
  private readonly onResources: (resources: readonly string[]) => void;
  private environment: EnvironmentId | null = null;
  private runs = 0;
  private qpos: Float64Array = new Float64Array(0);
  private asked = false;
  private lastAsk: number | null = null;
  private told = -Infinity;
  private drawn = -Infinity;
  private readonly share = new RealTimeShare();
  private readonly traces: LatestAsker;
  /** Whether the open policy denoises, and somebody watches. */
  private traceable = false;
  private watched = false;
  /** Of the last frame. */
  private seen: { episode: number; step: number } | null = null;

  /**
   * @param onResources told the addresses that the worker was loaded from.
   * @param traceMs between two traces, at least.
   */
  constructor(
    onResources: (resources: readonly string[]) => void = () => undefined,
    connect: Connect = startStageWorker,
    traceMs = TRACE_MS,
  ) {
    this.onResources = onResources;
    this.worker = connect((reply) => this.hear(reply));
    this.traces = new LatestAsker(() => this.worker.send({ type: 'trace' }), traceMs);
  }

  /** Another set-up, from the start; it plays on if the one before played. */
  open(setup: StageSetup): void {
    const { model, actions } = BODIES[setup.environment];
    this.runs++;
    this.qpos = new PlanarFigure(model).standing;
    this.environment = setup.environment;
    this.history = new ActionHistory(actions);
    this.share.clear();
    this.seen = null;
    this.store.setState({ facts: NO_FACTS, last: null, trace: null, realTime: 1 });
    // What is to be traced is known with the first frame.
    this.traces.watch(false);
    this.traceable = setup.policy.kind === 'diffusion';
    this.ask({ type: 'open', setup });
  }

  /** Whether traces are wanted. */
  watchTraces(on: boolean): void {
    this.watched = on;
    this.traces.watch(this.traceable && on && this.seen !== null);
  }

  /** What a stage of this body shows. */
  sourceFor(environment: EnvironmentId): StageSource {
    const { standing } = new PlanarFigure(BODIES[environment].model);
    const isOpen = () => this.environment === environment;
    return {
      environment,
      positions: (now) => (isOpen() ? this.positions(now) : standing),
      push: (push) => this.push(push),
      pull: (push) => this.worker.send({ type: 'pull', push }),
    };
  }

  /** Another policy moves the body that is open, from its next step on. */
  setPolicy(policy: Policy): void {
    this.worker.send({ type: 'policy', policy });
    this.traceable = policy.kind === 'diffusion';
    if (!this.traceable) {
      this.store.setState({ trace: null });
      this.traces.watch(false);
    }
    // The body may rest: what is thought of its state is another all the same.
    this.traces.changed();
    if (this.traceable && this.watched && this.seen) this.traces.watch(true);
  }

  play(): void {
    this.lastAsk = null;
    this.store.setState({ playing: true });
  }

  pause(): void {
    this.store.setState({ playing: false });
  }

  toggle(): void {
    if (this.store.getState().playing) this.pause();
    else this.play();
  }

  /** One step, then a pause. */
  step(): void {
    this.pause();
    this.ask({ type: 'step' });
  }

  restart(): void {
    this.lastAsk = null;
    this.history?.clear();
    this.ask({ type: 'restart' });
  }

  push(push: Push): void {
    this.worker.send({ type: 'push', push });
  }

  setSpeed(speed: number): void {
    this.store.setState({ speed });
  }

  setAfterEnd(afterEnd: AfterEnd): void {
    this.store.setState({ afterEnd });
  }

  /** Ends the worker, with the engine and all it holds. */
  end(): void {
    this.worker.end();
  }

  private positions(now: number): Float64Array {
    this.drawn = now;
    this.advance(now);
    return this.qpos;
  }

  /** One question at a time: a slow machine gets fewer states, and none late. */
  private advance(now: number): void {
    const { playing, speed, afterEnd } = this.store.getState();
    if (!playing || this.asked) return;
    const ms = this.lastAsk === null ? 0 : now - this.lastAsk;
    this.lastAsk = Math.max(now, this.lastAsk ?? now);
    this.ask({ type: 'advance', ms, speed, afterEnd });
  }

  private ask(command: Parameters<StageWorker['send']>[0]): void {
    if (command.type === 'advance') this.asked = true;
    this.worker.send(command);
  }

  private hear(reply: StageReply): void {
    if (reply.type === 'ready') {
      this.store.setState({ version: reply.version });
      this.onResources(reply.resources);
    } else if (reply.type === 'failed') {
      this.asked = false;
      this.store.setState({ status: 'failed', trouble: reply.message, playing: false });
    } else if (reply.type === 'trace') {
      if (reply.trace.run === this.runs) this.store.setState({ trace: reply.trace });
      this.traces.answered();
    } else {
      this.take(reply.frame);
    }
  }

  private take({ qpos, actions, run, missed, ...facts }: StageFrame): void {
    this.asked = false;
    if (run !== this.runs) return;
    this.qpos = qpos;
    const steps = actions.length / (this.history?.width ?? 1);
    const realTime = this.share.note(steps, missed);
    // What is behind its time does not wait for the next picture.
    const clock = performance.now();
    if (missed > 0 && clock - this.drawn < DRAWN_MS) this.advance(clock);
    this.follow(facts);
    const { status, facts: before, playing } = this.store.getState();
    if (facts.step < before.step || facts.episode !== before.episode) this.history?.clear();
    this.history?.add(actions);
    const ended = facts.end !== null && before.end === null;
    const now = performance.now();
    if (status === 'ready' && playing && !ended && now - this.told < TELL_MS) return;
    this.told = now;
    // A body that runs has no trouble, whatever went wrong with the one before.
    this.store.setState({ status: 'ready', trouble: null, facts, realTime, ...(ended && { last: facts }) });
  }

  /** Has a state traced that the body was not in before. */
  private follow({ episode, step }: BodyFacts): void {
    const before = this.seen;
    this.seen = { episode, step };
    if (before?.episode === episode && before.step === step) return;
    this.traces.changed();
    if (!before) this.traces.watch(this.traceable && this.watched);
  }
}
