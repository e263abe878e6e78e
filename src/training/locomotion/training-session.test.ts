import { describe, expect, it } from 'vitest';
import { MemoryFolder } from '../../datasets/testing.ts';
import { describeOnBackends } from '../../tensor/testing.ts';
import { readVariables } from '../../tensor/variables.ts';
import { sleep } from '../event-loop.ts';
import { encodeCheckpoint } from './checkpoint.ts';
import { summary } from './evaluation.ts';
import { importedRun } from './imported-run.ts';
import { addLine, type LossLine } from './loss-log.ts';
import { SlotFile } from './slot-file.ts';
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
};

/** A point's return says at which step it was played. */
const play: PlayPoint = (step, policies) =>
  Promise.resolve(
    policies.map(() => ({ candidates: 1, returns: [step], lengths: [1], ...summary([step, step], null) })),
  );

function opened(folder: MemoryFolder, run: StoredRun | null, playing = play) {
  const trainer = new LocomotionTrainer(EXPERIMENT, DATA);
  const events: TrainingEvent[] = [];
  const files = new RunFiles(folder);
  const session = new TrainingSession(trainer, run ?? BLANK, {
    files,
    play: playing,
    tell: (event) => events.push(event),
    sliceMs: 1,
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
    it('pauses, is left, and goes on with the bits and the points of one that was not', async () => {
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
      expect((await cut.session.policy()).step).toBe(at);
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

    it('plays a point again that was not played to its end when it was left', async () => {
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

    it('keeps its older checkpoint where there is no room for another, says so, and trains on', async () => {
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

    it('comes as a file: whole with its curves, or refused with the reason, or with the fields that differ', async () => {
      const run = opened(new MemoryFolder(), null);
      await run.session.begin();
      run.session.play();
      await run.until(finished);
      const file = await run.session.checkpoint();
      const { run: stored, differences } = await importedRun(file, EXPERIMENT);
      expect(stored).toMatchObject({ step: 60, experiment: EXPERIMENT, backend: 'cpu', candidates: [1] });
      expect(stored.points).toEqual(run.session.run.points);
      expect(differences).toEqual([]);
      const other = { ...EXPERIMENT, settings: { ...EXPERIMENT.settings, eta: 2 } };
      expect((await importedRun(file, other)).differences).toEqual(['eta: 0.1 there, 2 here']);
      await expect(importedRun(file.subarray(0, file.length - 8), EXPERIMENT)).rejects.toThrow(/bytes|cut|end/i);
      const policy = await encodeCheckpoint(run.trainer, { policyOnly: true });
      await expect(importedRun(policy, EXPERIMENT)).rejects.toThrow('nothing can go on from it');
      await run.session.close();
    });
  },
  ['cpu'],
);

describe('the file in two places', () => {
  const options = {
    decode: (bytes: Uint8Array) => {
      if (bytes.length !== 2) throw new Error('It is cut.');
      return bytes[0]!;
    },
    order: (value: number) => value,
  };
  it('gives the newest that is whole, and never writes over it', async () => {
    const folder = new MemoryFolder();
    const file = new SlotFile(folder, 'a', options);
    expect(await file.read()).toBeNull();
    for (const value of [1, 2, 3]) await file.write(Uint8Array.of(value, 0));
    expect((await new SlotFile(folder, 'a', options).read())?.value).toBe(3);
    // The fourth writing is cut off.
    await new SlotFile(folder, 'a', options).write(Uint8Array.of(4));
    expect((await new SlotFile(folder, 'a', options).read())?.value).toBe(3);
    for (const path of folder.files.keys()) folder.files.set(path, Uint8Array.of(9));
    await expect(new SlotFile(folder, 'a', options).read()).rejects.toThrow('It is cut.');
  });
});

describe('the lines of losses', () => {
  it('stay under their bound, and their means exact', () => {
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
