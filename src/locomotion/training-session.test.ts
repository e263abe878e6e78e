import { describe, expect, it } from 'vitest';
import { MemoryFolder } from '../datasets/testing.ts';
import { describeOnBackends } from '../tensor/testing.ts';
import { readVariables } from '../tensor/variables.ts';
import { sleep } from '../experiment/event-loop.ts';
import { decodeCheckpoint, encodeFile, encodePolicy } from './checkpoint-file.ts';
import { encodeCheckpoint } from './checkpoint.ts';
import { summary } from './evaluation.ts';
import { decodeImportedRun, storeImportedRun } from './imported-run.ts';
import { addLine, type LossLine } from './loss-log.ts';
import { DoubleBufferedFile } from './double-buffered-file.ts';
import { policyOf } from './policy.ts';
import { RunFiles, type StoredRun } from './stored-run.ts';
import { smallDataset, smallExperiment } from './testing.ts';
import { LocomotionTrainer } from './trainer.ts';
import type { TrainingEvent } from './training-protocol.ts';
import { TrainingSession, type PlayPoint } from './training-session.ts';

const DATA = smallDataset();
const EXPERIMENT = {
  ...smallExperiment('diffusion-ql', { decay: 'cosine' }),
  budget: 60,
  evaluation: { every: 20, episodes: 2 },
};
const BLANK: StoredRun = {
  key: 'run-1',
  experiment: EXPERIMENT,
  dataset: {
    id: DATA.id,
    environment: DATA.environment,
    rows: DATA.rows,
    meanReturn: 20,
    provenance: 'made for a test',
  },
  published: false,
  candidates: [1],
  backend: 'cpu',
  engine: 'cpu',
  physics: 'none',
  begun: 0,
  step: 0,
  seconds: 0,
  version: 0,
  losses: [],
  points: [],
  live: [],
  best: null,
};

/** A point's return says at which step it was played. */
const play: PlayPoint = (step, policies) =>
  Promise.resolve(
    policies.map(() => ({ candidates: 1, returns: [step], lengths: [1], ...summary([step, step], null) })),
  );

function opened(folder: MemoryFolder, run: StoredRun | null, playing = play, takesTurns = false) {
  const trainer = new LocomotionTrainer(EXPERIMENT, DATA);
  const events: TrainingEvent[] = [];
  const files = new RunFiles(folder);
  const session = new TrainingSession(trainer, run ?? BLANK, {
    files,
    play: playing,
    notify: (event) => events.push(event),
    sliceMs: 1,
    takesTurns: takesTurns,
  });
  const until = async (found: (event: TrainingEvent) => boolean) => {
    while (!events.some(found)) {
      const failed = events.find(({ type }) => type === 'failed');
      if (failed?.type === 'failed') throw new Error(failed.message);
      await sleep(1);
    }
  };
  return { trainer, session, events, files, until };
}

const finished = (event: TrainingEvent) => event.type === 'state' && event.state === 'finished';

describeOnBackends(
  'a run that is watched',
  () => {
    it('a paused and reopened run has the bits and points of an uninterrupted one', async () => {
      const [whole, first] = [opened(new MemoryFolder(), null), opened(new MemoryFolder(), null)];
      await whole.session.begin();
      whole.session.play();
      await whole.until(finished);

      const folder = new MemoryFolder();
      const cut = opened(folder, null);
      await cut.session.begin();
      cut.session.play();
      await cut.until((event) => event.type === 'line' && event.line.step >= 25);
      await cut.session.pause();
      const at = cut.trainer.step;
      expect(at).toBeLessThan(60);
      await sleep(5);
      expect(cut.trainer.step).toBe(at);
      expect((await cut.session.policy({ candidates: 1 })).step).toBe(at);
      await cut.session.close();

      const stored = await new RunFiles(folder).run();
      expect(stored).toMatchObject({ step: at, experiment: EXPERIMENT });
      const second = opened(folder, stored);
      await second.session.reopen();
      expect(second.trainer.step).toBe(at);
      second.session.play();
      await second.until(finished);
      expect(await readVariables(second.trainer.algorithm.variables)).toEqual(
        await readVariables(whole.trainer.algorithm.variables),
      );
      const points = (run: Readonly<StoredRun>) => run.points.map(({ step, bcLoss }) => [step, bcLoss]);
      expect(points(second.session.run).map(([step]) => step)).toEqual([20, 40, 60]);
      points(whole.session.run).forEach(([, loss], i) =>
        expect(points(second.session.run)[i]![1]).toBeCloseTo(loss!, 6),
      );
      const steps = second.session.run.losses.reduce((sum, line) => sum + line.steps, 0);
      expect(steps).toBe(60);
      for (const { session } of [whole, second, first]) await session.close();
    });

    it('a reopened run repeats an unfinished evaluation', async () => {
      const folder = new MemoryFolder();
      const cut = opened(folder, null, () => new Promise(() => undefined));
      await cut.session.begin();
      cut.session.play();
      await cut.until((event) => event.type === 'saved' && event.step >= 20);
      await cut.session.close();
      const again = opened(folder, await new RunFiles(folder).run());
      await again.session.reopen();
      expect(again.session.run.points).toEqual([]);
      again.session.play();
      await again.until(finished);
      expect(again.session.run.points.map(({ step }) => step)).toEqual([20, 40, 60]);
      expect(await again.files.pending()).toBeNull();
      await again.session.close();
    });

    it.each([
      ['between two evaluations', 27],
      ['when the next is due', 40],
    ])('a run closed during an evaluation, %s, has every point with its own cloning loss', async (_, at) => {
      const whole = opened(new MemoryFolder(), null);
      await whole.session.begin();
      whole.session.play();
      await whole.until(finished);

      const folder = new MemoryFolder();
      const cut = opened(folder, null, () => new Promise(() => undefined));
      const train = cut.trainer.train.bind(cut.trainer);
      cut.trainer.train = (steps) => train(Math.min(steps, at - cut.trainer.step));
      await cut.session.begin();
      cut.session.play();
      await cut.until((event) => event.type === 'progress' && event.step === at);
      await cut.session.close();

      const again = opened(folder, await new RunFiles(folder).run());
      await again.session.reopen();
      expect(again.trainer.step).toBe(at);
      expect(again.session.run.points).toEqual([]);
      again.session.play();
      await again.until(finished);
      const [points, expected] = [again.session.run.points, whole.session.run.points];
      expect(points.map(({ step }) => step)).toEqual([20, 40, 60]);
      points.forEach(({ bcLoss }, i) => expect(bcLoss).toBeCloseTo(expected[i]!.bcLoss!, 6));
      for (const { session } of [whole, again]) await session.close();
    });

    it('a run that trains and evaluates in turn has the bits of one that does both at once', async () => {
      const concurrent = opened(new MemoryFolder(), null);
      const ends: (() => void)[] = [];
      const playsOnCall: PlayPoint = async (step, policies) => {
        await new Promise<void>((end) => ends.push(end));
        return play(step, policies);
      };
      const inTurn = opened(new MemoryFolder(), null, playsOnCall, true);
      const { session, trainer, until } = inTurn;
      await session.begin();
      session.play();
      for (const step of [20, 40, 60]) {
        await until((event) => event.type === 'saved' && event.step >= step);
        await sleep(10);
        expect(trainer.step).toBe(step);
        // What is asked meanwhile is answered, and a pause is one.
        expect((await session.policy({ candidates: 1 })).step).toBe(step);
        await session.pause();
        session.play();
        await sleep(10);
        ends.shift()!();
      }
      await until(finished);
      expect(session.run.points.map(({ step }) => step)).toEqual([20, 40, 60]);
      await concurrent.session.begin();
      concurrent.session.play();
      await concurrent.until(finished);
      expect(await readVariables(trainer.algorithm.variables)).toEqual(
        await readVariables(concurrent.trainer.algorithm.variables),
      );
      for (const run of [concurrent, inTurn]) await run.session.close();
    });

    it('a run without storage space keeps its older checkpoint, reports it, and trains on', async () => {
      const folder = new MemoryFolder();
      const run = opened(folder, null);
      await run.session.begin();
      folder.write = async (path) => {
        folder.files.delete(path);
        throw new Error('The storage is full.');
      };
      run.session.play();
      await run.until(finished);
      expect(run.events).toContainEqual({ type: 'unsaved', message: 'The storage is full.' });
      await run.session.close();
      // As it was, by its class.
      delete (folder as Partial<MemoryFolder>).write;
      expect((await new RunFiles(folder).checkpoint())?.value.step).toBe(0);
      expect((await new RunFiles(folder).run())?.step).toBe(0);
    });

    it('a run stores the policy of its best evaluation with its score', async () => {
      const folder = new MemoryFolder();
      const values = new Map([
        [20, 5],
        [40, 9],
        [60, 7],
      ]);
      const { session, trainer, files, until, events } = opened(folder, null, (step) => {
        const returns = [values.get(step)!];
        return Promise.resolve([{ candidates: 1, returns, lengths: [1], ...summary(returns, null) }]);
      });
      await session.begin();
      expect(await files.best()).toBeNull();
      session.play();
      await until(finished);
      expect(events.filter(({ type }) => type === 'best')).toEqual([
        { type: 'best', step: 20 },
        { type: 'best', step: 40 },
      ]);
      const best = decodeCheckpoint((await new RunFiles(folder).best())!);
      expect(best).toMatchObject({ step: 40, notes: { physics: 'none', evaluations: [{ returns: [9] }] } });
      const at40 = new LocomotionTrainer(EXPERIMENT, DATA);
      await at40.train(40);
      expect(policyOf(best, { candidates: 1 })).toEqual(await at40.policy({ candidates: 1 }));
      expect((await new RunFiles(folder).run())?.best).toBe(40);
      await session.close();
      at40.dispose();
      expect(trainer.step).toBe(60);
    });

    it('an imported run has its curves, or is rejected with the reason or differing fields', async () => {
      const run = opened(new MemoryFolder(), null);
      await run.session.begin();
      run.session.play();
      await run.until(finished);
      const file = await run.session.checkpoint();
      const { run: stored, differences } = await decodeImportedRun(file, EXPERIMENT);
      expect(stored).toMatchObject({ step: 60, experiment: EXPERIMENT, backend: 'cpu', candidates: [1] });
      expect(stored.points).toEqual(run.session.run.points);
      expect(differences).toEqual([]);
      const other = { ...EXPERIMENT, settings: { ...EXPERIMENT.settings, eta: 2 } };
      expect((await decodeImportedRun(file, other)).differences).toEqual(['eta: 0.1 there, 2 here']);
      await expect(decodeImportedRun(file.subarray(0, file.length - 8), EXPERIMENT)).rejects.toThrow(/bytes|cut|end/i);
      const damaged = file.slice();
      damaged[file.length - 5]! ^= 16;
      await expect(decodeImportedRun(damaged, EXPERIMENT)).rejects.toThrow('The checkpoint is damaged');
      const live = [{ step: 10, settings: { eta: -1 } }];
      const beyond = await encodeCheckpoint(run.trainer, { notes: { live } });
      await expect(decodeImportedRun(beyond, EXPERIMENT)).rejects.toThrow(/eta/);
      const policy = await encodeCheckpoint(run.trainer, { policyOnly: true });
      await expect(decodeImportedRun(policy, EXPERIMENT)).rejects.toThrow('nothing can go on from it');
      await run.session.close();
    });
  },
  ['cpu'],
);

describeOnBackends(
  'a run that is changed or cut off while it trains',
  () => {
    it('a run applies live settings from the next step, records them, and reapplies them when reopened', async () => {
      const settings = { eta: 2, learningRate: 3e-4 };
      const folder = new MemoryFolder();
      const run = opened(folder, null);
      await run.session.begin();
      run.session.play();
      await run.until((event) => event.type === 'line' && event.line.step >= 10);
      await run.session.pause();
      const at = run.trainer.step;
      expect(at).toBeLessThan(40);
      await run.session.configure(settings);
      expect(run.trainer.step).toBe(at);
      expect(run.trainer.settings).toMatchObject(settings);
      run.session.play();
      await run.until((event) => event.type === 'line' && event.line.step >= at + 4);
      await run.session.close();

      const again = opened(folder, await new RunFiles(folder).run());
      await again.session.reopen();
      expect(again.session.run.live).toEqual([{ step: at, settings }]);
      expect(again.trainer.settings).toMatchObject(settings);
      again.session.play();
      await again.until(finished);

      const [changed, plain] = [new LocomotionTrainer(EXPERIMENT, DATA), new LocomotionTrainer(EXPERIMENT, DATA)];
      await changed.train(at);
      changed.configure(settings);
      await changed.train(60 - at);
      await plain.train(60);
      const reached = await readVariables(again.trainer.algorithm.variables);
      expect(reached).toEqual(await readVariables(changed.algorithm.variables));
      expect(reached).not.toEqual(await readVariables(plain.algorithm.variables));
      await again.session.close();
      for (const trainer of [changed, plain]) trainer.dispose();
    });

    it('an exported run acts with its live settings, as on the page', async () => {
      const run = opened(new MemoryFolder(), null);
      await run.session.begin();
      await run.session.configure({ sampleWith: 'ema', sampler: 'ddim', ddimSteps: 2 });
      await run.session.configure({ candidateChoice: 'argmax' });
      const file = decodeCheckpoint(await run.session.checkpoint());
      const { policy } = await run.session.policy({ candidates: 4 });
      expect(policyOf(file, { candidates: 4 })).toEqual(policy);
      // The same applies to an exported policy.
      expect(policyOf(decodeCheckpoint(encodePolicy(file, {})), { candidates: 4 })).toEqual(policy);
      // A run resumed from it has the original experiment.
      expect(file.experiment).toEqual(EXPERIMENT);
      await run.session.close();
    });

    it('a run that diverges while pausing keeps its last checkpoint', async () => {
      const folder = new MemoryFolder();
      const run = opened(folder, null);
      await run.session.begin();
      const train = run.trainer.train.bind(run.trainer);
      run.trainer.train = async (steps) => {
        await train(steps);
        run.trainer.divergence = { quantity: 'bcLoss', step: run.trainer.step };
        void run.session.pause();
      };
      run.session.play();
      await run.until(({ type }) => type === 'diverged');
      await run.session.close();
      expect((await new RunFiles(folder).checkpoint())?.value.step).toBe(0);
      expect((await new RunFiles(folder).run())?.step).toBe(0);
    });

    it('a run that loses its device reports it and resumes with the same bits', async () => {
      const folder = new MemoryFolder();
      const cut = opened(folder, null);
      await cut.session.begin();
      const train = cut.trainer.train.bind(cut.trainer);
      cut.trainer.train = async (steps) => {
        if (cut.trainer.step >= 30) throw new Error('The GPU went away.');
        await train(steps);
      };
      cut.session.play();
      await expect(cut.until(finished)).rejects.toThrow('The GPU went away.');
      cut.trainer.dispose();

      const again = opened(folder, await new RunFiles(folder).run());
      await again.session.reopen();
      expect(again.trainer.step).toBe(20);
      again.session.play();
      await again.until(finished);
      expect(again.session.run.points.map(({ step }) => step)).toEqual([20, 40, 60]);
      const whole = new LocomotionTrainer(EXPERIMENT, DATA);
      await whole.train(60);
      expect(await readVariables(again.trainer.algorithm.variables)).toEqual(
        await readVariables(whole.algorithm.variables),
      );
      await again.session.close();
      whole.dispose();
    });
  },
  ['cpu', 'wasm'],
);

describe('a checkpoint that is imported again', () => {
  it('importing a checkpoint again leaves its earlier run unchanged, even without storage space', async () => {
    const { experiment, dataset } = BLANK;
    const tensors = { 'actor_optimiser.exp_avg.none': { shape: [1], data: new Float32Array(1) } };
    const about = { experiment, dataset, step: 0, seconds: 0, normalisation: null, notes: {} };
    const bytes = encodeFile({ ...about, tensors });
    const folders = new Map<string, MemoryFolder>();
    const shelf = {
      find: (key: string) => Promise.resolve(folders.get(key) ?? null),
      open: (key: string) => {
        const folder = folders.get(key) ?? new MemoryFolder();
        folders.set(key, folder);
        return Promise.resolve(folder);
      },
      remove: (key: string) => Promise.resolve(void folders.delete(key)),
    };
    const full = () => Promise.reject(new Error('The storage is full.'));
    const imported = await decodeImportedRun(bytes, EXPERIMENT);
    const { key } = imported.run;
    const noRoom = { ...shelf, open: async (name: string) => Object.assign(await shelf.open(name), { write: full }) };
    await expect(storeImportedRun(noRoom, bytes, imported)).rejects.toThrow('The storage is full.');
    expect(folders.size).toBe(0);

    expect((await storeImportedRun(shelf, bytes, imported)).run.step).toBe(0);
    await new RunFiles(folders.get(key)!).writeRun({ ...imported.run, step: 40, version: 2 });
    expect((await storeImportedRun(noRoom, bytes, imported)).run.step).toBe(40);
    expect((await new RunFiles(folders.get(key)!).run())?.step).toBe(40);
  });
});

describe('the file in two places', () => {
  const options = {
    decode: (bytes: Uint8Array) => {
      if (bytes.length !== 2) throw new Error('It is cut.');
      return bytes[0]!;
    },
    order: (value: number) => value,
  };
  it('a double-buffered file returns its newest complete copy and never overwrites it', async () => {
    const folder = new MemoryFolder();
    const file = new DoubleBufferedFile(folder, 'a', options);
    expect(await file.read()).toBeNull();
    for (const value of [1, 2, 3]) await file.write(Uint8Array.of(value, 0));
    expect((await new DoubleBufferedFile(folder, 'a', options).read())?.value).toBe(3);
    // The fourth writing is cut off.
    await new DoubleBufferedFile(folder, 'a', options).write(Uint8Array.of(4));
    expect((await new DoubleBufferedFile(folder, 'a', options).read())?.value).toBe(3);
    for (const path of folder.files.keys()) folder.files.set(path, Uint8Array.of(9));
    await expect(new DoubleBufferedFile(folder, 'a', options).read()).rejects.toThrow('It is cut.');
  });
});

describe('the lines of losses', () => {
  it('the loss log stays under its bound, with exact means', () => {
    let lines: LossLine[] = [];
    for (let i = 1; i <= 100; i++) {
      lines = addLine(
        lines,
        { step: 10 * i, steps: 10, seconds: i, means: { bcLoss: i, ...(i > 50 && { q: 1 }) } },
        16,
      );
    }
    expect(lines.length).toBeLessThanOrEqual(16);
    expect(lines.reduce((sum, { steps }) => sum + steps, 0)).toBe(1000);
    expect(lines.reduce((sum, { steps, means }) => sum + steps * means['bcLoss']!, 0) / 1000).toBeCloseTo(50.5, 9);
    expect(lines.at(-1)).toMatchObject({ step: 1000, seconds: 100 });
    expect(lines.map(({ step }) => step)).toEqual(lines.map(({ step }) => step).sort((a, b) => a - b));
  });
});
