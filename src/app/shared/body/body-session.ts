/**
 * The page's side of a running body: it requests a state for each frame and updates its store a few times a second.
 * A hidden page draws no frames, so it requests nothing.
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
import { LatestOnlyPoller } from '../policy-inspector/latest-only-poller.ts';
import type { StageSource } from '../stage/source.ts';
import { ActionHistory } from './action-history.ts';
import { RealTimeShare } from './real-time-share.ts';

/** Between two updates of the store: numbers that change faster cannot be read. */
const REPORT_MS = 100;
/** Default interval between two traces. */
const TRACE_MS = 100;
/** A page that drew its last frame longer ago is hidden. */
const HIDDEN_AFTER_MS = 100;

export const BODY_SPEEDS = [1, 0.5, 0.25, 0.1] as const;

/** A frame without positions, actions and bookkeeping. */
export type BodyFacts = Omit<StageFrame, 'qpos' | 'actions' | 'run' | 'missed'>;

interface BodyState {
  status: 'loading' | 'ready' | 'failed';
  /** Why it failed. */
  error: string | null;
  /** MuJoCo's version, once it is known. */
  version: string | null;
  playing: boolean;
  speed: number;
  afterEnd: AfterEnd;
  facts: BodyFacts;
  /** The last finished episode. */
  last: BodyFacts | null;
  /** The denoising of the next action; null if the policy does not denoise or traces are off. */
  trace: StageTrace | null;
  /** Simulated over elapsed time: less than 1 if the policy is slower than real time. */
  realTime: number;
}

const NO_FACTS: BodyFacts = { episode: 0, step: 0, reward: 0, speed: 0, return: 0, end: null, pushed: false };

type Connect = (onReply: (reply: StageReply) => void) => StageWorker;

export class BodySession {
  readonly store = createStore<BodyState>()(() => ({
    status: 'loading',
    error: null,
    version: null,
    playing: false,
    speed: 1,
    afterEnd: 'restart',
    facts: NO_FACTS,
    last: null,
    trace: null,
    realTime: 1,
  }));
  /** Of the open body; null before the first one. */
  history: ActionHistory | null = null;
  readonly #worker: StageWorker;
  readonly #onResources: (resources: readonly string[]) => void;
  #environment: EnvironmentId | null = null;
  #runs = 0;
  #qpos: Float64Array = new Float64Array(0);
  #awaitingFrame = false;
  #lastRequest: number | null = null;
  #lastReport = -Infinity;
  #lastDrawn = -Infinity;
  readonly #share = new RealTimeShare();
  readonly #traces: LatestOnlyPoller;
  /** Whether the open policy denoises. */
  #traceable = false;
  #watching = false;
  /** Episode and step of the last frame. */
  #lastStep: { episode: number; step: number } | null = null;

  /**
   * @param onResources receives the addresses that the worker was loaded from.
   * @param traceMs minimum interval between two traces.
   */
  constructor(
    onResources: (resources: readonly string[]) => void = () => undefined,
    connect: Connect = startStageWorker,
    traceMs = TRACE_MS,
  ) {
    this.#onResources = onResources;
    this.#worker = connect((reply) => this.#onReply(reply));
    this.#traces = new LatestOnlyPoller(() => this.#worker.send({ type: 'trace' }), traceMs);
  }

  /** Opens another set-up from its start; it keeps playing if the session was playing. */
  open(setup: StageSetup): void {
    const { model, actions } = BODIES[setup.environment];
    this.#runs++;
    this.#qpos = new PlanarFigure(model).standing;
    this.#environment = setup.environment;
    this.history = new ActionHistory(actions);
    this.#share.clear();
    this.#lastStep = null;
    this.store.setState({ facts: NO_FACTS, last: null, trace: null, realTime: 1 });
    // Tracing starts with the first frame.
    this.#traces.watch(false);
    this.#traceable = setup.policy.kind === 'diffusion';
    this.#send({ type: 'open', setup });
  }

  /** Turns traces on or off. */
  watchTraces(on: boolean): void {
    this.#watching = on;
    this.#traces.watch(this.#traceable && on && this.#lastStep !== null);
  }

  /** The source for a stage of this body. */
  sourceFor(environment: EnvironmentId): StageSource {
    const { standing } = new PlanarFigure(BODIES[environment].model);
    const isOpen = () => this.#environment === environment;
    return {
      environment,
      positions: (now) => (isOpen() ? this.#positions(now) : standing),
      push: (push) => this.push(push),
      pull: (push) => this.#worker.send({ type: 'pull', push }),
    };
  }

  /** Replaces the policy of the open body from its next step on. */
  setPolicy(policy: Policy): void {
    this.#worker.send({ type: 'policy', policy });
    this.#traceable = policy.kind === 'diffusion';
    if (!this.#traceable) {
      this.store.setState({ trace: null });
      this.#traces.watch(false);
    }
    // A paused body keeps its state, but its trace changes with the policy.
    this.#traces.invalidate();
    if (this.#traceable && this.#watching && this.#lastStep) this.#traces.watch(true);
  }

  play(): void {
    this.#lastRequest = null;
    this.store.setState({ playing: true });
  }

  pause(): void {
    this.store.setState({ playing: false });
  }

  toggle(): void {
    if (this.store.getState().playing) this.pause();
    else this.play();
  }

  /** Takes one step and pauses. */
  step(): void {
    this.pause();
    this.#send({ type: 'step' });
  }

  restart(): void {
    this.#lastRequest = null;
    this.history?.clear();
    this.#send({ type: 'restart' });
  }

  push(push: Push): void {
    this.#worker.send({ type: 'push', push });
  }

  setSpeed(speed: number): void {
    this.store.setState({ speed });
  }

  setAfterEnd(afterEnd: AfterEnd): void {
    this.store.setState({ afterEnd });
  }

  /** Ends the worker. */
  end(): void {
    this.#worker.end();
  }

  #positions(now: number): Float64Array {
    this.#lastDrawn = now;
    this.#advance(now);
    return this.#qpos;
  }

  /** One request at a time: a slow machine gets fewer states, and none late. */
  #advance(now: number): void {
    const { playing, speed, afterEnd } = this.store.getState();
    if (!playing || this.#awaitingFrame) return;
    const ms = this.#lastRequest === null ? 0 : now - this.#lastRequest;
    this.#lastRequest = Math.max(now, this.#lastRequest ?? now);
    this.#send({ type: 'advance', ms, speed, afterEnd });
  }

  #send(command: Parameters<StageWorker['send']>[0]): void {
    if (command.type === 'advance') this.#awaitingFrame = true;
    this.#worker.send(command);
  }

  #onReply(reply: StageReply): void {
    if (reply.type === 'ready') {
      this.store.setState({ version: reply.version });
      this.#onResources(reply.resources);
    } else if (reply.type === 'failed') {
      this.#awaitingFrame = false;
      this.store.setState({ status: 'failed', error: reply.message, playing: false });
    } else if (reply.type === 'trace') {
      if (reply.trace.run === this.#runs) this.store.setState({ trace: reply.trace });
      this.#traces.answered();
    } else {
      this.#applyFrame(reply.frame);
    }
  }

  #applyFrame({ qpos, actions, run, missed, ...facts }: StageFrame): void {
    this.#awaitingFrame = false;
    if (run !== this.#runs) return;
    this.#qpos = qpos;
    const steps = actions.length / (this.history?.width ?? 1);
    const realTime = this.#share.record(steps, missed);
    // A body that is behind real time does not wait for the next frame.
    const clock = performance.now();
    if (missed > 0 && clock - this.#lastDrawn < HIDDEN_AFTER_MS) this.#advance(clock);
    this.#followStep(facts);
    const { status, facts: before, playing } = this.store.getState();
    if (facts.step < before.step || facts.episode !== before.episode) this.history?.clear();
    this.history?.add(actions);
    const ended = facts.end !== null && before.end === null;
    const now = performance.now();
    if (status === 'ready' && playing && !ended && now - this.#lastReport < REPORT_MS) return;
    this.#lastReport = now;
    // A frame clears the error of an earlier set-up.
    this.store.setState({ status: 'ready', error: null, facts, realTime, ...(ended && { last: facts }) });
  }

  /** Requests a trace of a new state. */
  #followStep({ episode, step }: BodyFacts): void {
    const before = this.#lastStep;
    this.#lastStep = { episode, step };
    if (before?.episode === episode && before.step === step) return;
    this.#traces.invalidate();
    if (!before) this.#traces.watch(this.#traceable && this.#watching);
  }
}
