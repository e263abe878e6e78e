import { copyFile, cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { writeShards } from '../../datasets/shards/writer.ts';
import { sourceOf } from '../../datasets/testing.ts';
import { decodeCheckpoint, encodeFile } from '../../locomotion/checkpoint-file.ts';
import { decodeSafetensors } from '../../experiment/safetensors.ts';
import type { EvaluationPoint } from '../../locomotion/evaluation.ts';
import { smallDataset } from '../../locomotion/testing.ts';
import { LocomotionTrainer } from '../../locomotion/trainer.ts';
import { writeFolder } from '../shard-folder.ts';
import { json, run, temporaryFolder } from '../testing.ts';

const at = temporaryFolder('train');
const SMALL = ['--backend', 'cpu', '--workers', '1', '--hidden', '8', '--batch', '8', '--T', '2', '--time-width', '4'];
const RUN = ['--task', 'hopper-medium', '--algorithm', 'diffusion-ql', '--preset', 'small', ...SMALL];

beforeAll(async () => {
  for (const name of ['hopper', 'walker2d', 'unnamed'] as const) {
    const environment = name === 'unnamed' ? null : name;
    const { trajectories, provenance } = smallDataset(environment ?? 'walker2d');
    await writeFolder(at(name), (sink) =>
      writeShards(
        sourceOf(trajectories),
        {
          id: `small-${name}`,
          environment,
          referenceReturns: null,
          licence: 'MIT',
          provenance,
          notes: [],
          source: { layout: 'rollouts', name: 'none', bytes: 0, sha256: '0'.repeat(64), published: null },
        },
        sink,
      ),
    );
  }
});

describe('lab train and lab evaluate', () => {
  it('lab train resumes an interrupted run with the same bits, and lab evaluate plays it', async () => {
    const evaluations = ['--evaluate-every', '20', '--episodes', '2', '--candidates', '1,3'];
    const more = ['--data', at('hopper'), '--decay-steps', '40', ...evaluations];
    const whole = await json('train', ...RUN, ...more, '--steps', '40', '--out', at('whole'));
    expect(whole).toMatchObject({ task: 'hopper-medium', method: 'diffusion-ql', preset: 'small' });
    const [report] = whole['runs'] as { steps: number; summaries: { candidates: number; points: number }[] }[];
    expect(report).toMatchObject({
      steps: 40,
      summaries: [
        { candidates: 1, points: 2 },
        { candidates: 3, points: 2 },
      ],
    });

    await json('train', ...RUN, ...more, '--steps', '25', '--out', at('cut'));
    const again = await run('train', ...RUN, ...more, '--steps', '40', '--out', at('cut'));
    expect(again).toMatchObject({ code: 2 });
    expect(again.err).toContain('holds a run already; --resume goes on with it');
    const otherwise = await run(
      'train',
      ...RUN,
      ...more,
      '--eta',
      '2',
      '--steps',
      '40',
      '--out',
      at('cut'),
      '--resume',
    );
    expect(otherwise.err).toContain('The checkpoint is of another experiment: eta: 0.1 there, 2 here.');
    await json('train', ...RUN, ...more, '--steps', '40', '--out', at('cut'), '--resume');
    const tensors = async (folder: string) => tensorsOf(await readFile(at(folder, 'checkpoint.safetensors')));
    expect((await tensors('cut')).equals(await tensors('whole'))).toBe(true);
    const lines = (await readFile(at('cut', 'evaluations.jsonl'), 'utf8')).trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { step: number }).step)).toEqual([20, 25, 40]);

    const file = at('whole', 'best.safetensors');
    const played = await json(
      'evaluate',
      '--checkpoint',
      file,
      '--env',
      'hopper',
      '--episodes',
      '2',
      '--candidates',
      '1,3',
    );
    expect(played).toMatchObject({ task: 'hopper-medium', physics: 'MuJoCo 3.14, v2-compatible' });
    const [one, three] = played['evaluations'] as { candidates: number; returns: number[]; score: { value: number } }[];
    expect([one?.candidates, three?.candidates]).toEqual([1, 3]);
    expect(one?.returns).toHaveLength(2);
    expect(one?.score.value).toBeGreaterThan(0);
    const shipped = at('shipped.safetensors');
    await json('evaluate', '--checkpoint', at('whole', 'checkpoint.safetensors'), '--env', 'hopper', '--ship', shipped);
    const { tensors: weights, metadata } = decodeSafetensors(await readFile(shipped));
    expect(Object.keys(weights).some((name) => name.includes('optimiser'))).toBe(false);
    expect(JSON.parse(metadata['notes']!)).toMatchObject({ physics: 'MuJoCo 3.14, v2-compatible' });
    const replayed = await json(
      'evaluate',
      '--checkpoint',
      shipped,
      '--env',
      'hopper',
      '--candidates',
      '50',
      '--episodes',
      '1',
    );
    expect(replayed['evaluations']).toHaveLength(1);
    const walker = await run('evaluate', '--checkpoint', file, '--env', 'walker2d');
    expect(walker).toMatchObject({ code: 2 });
    expect(walker.err).toContain('has a policy of hopper, not of walker2d');
  }, 180_000);

  it('lab train, killed during an evaluation, has that evaluation after --resume, with its own cloning loss', async () => {
    const more = ['--data', at('hopper'), '--decay-steps', '40', '--evaluate-every', '20', '--episodes', '2'];
    const flags = [...RUN, ...more, '--candidates', '1,3'];
    const pointsOf = async (folder: string) => {
      const lines = (await readFile(at(folder, 'evaluations.jsonl'), 'utf8')).trim().split('\n');
      return lines.map((line) => JSON.parse(line) as EvaluationPoint);
    };
    const whole = await pointsOf('whole');
    const likeWhole = async (folder: string) => {
      const points = await pointsOf(folder);
      expect(points.map(({ step, evaluations }) => [step, evaluations])).toEqual(
        whole.map(({ step, evaluations }) => [step, evaluations]),
      );
      points.forEach(({ bcLoss }, i) => expect(bcLoss).toBeCloseTo(whole[i]!.bcLoss!, 9));
      expect(await readdir(at(folder))).not.toContain('pending.safetensors');
    };

    // Killed in the last evaluation, at the checkpoint's step.
    await cp(at('whole'), at('late'), { recursive: true });
    await writeFile(at('late', 'evaluations.jsonl'), `${JSON.stringify(whole[0])}\n`);
    await json('train', ...flags, '--steps', '40', '--out', at('late'), '--resume');
    await likeWhole('late');

    // Killed in the first evaluation, with a later checkpoint.
    await json('train', ...flags, '--steps', '20', '--out', at('first'));
    await json('train', ...flags, '--steps', '25', '--out', at('early'));
    await writeFile(at('early', 'evaluations.jsonl'), '');
    await copyFile(at('first', 'best.safetensors'), at('early', 'pending.safetensors'));
    await json('train', ...flags, '--steps', '40', '--out', at('early'), '--resume');
    await likeWhole('early');

    const native = await run(
      'train',
      ...flags,
      '--steps',
      '40',
      '--out',
      at('early'),
      '--resume',
      '--variant',
      'native',
    );
    expect(native).toMatchObject({ code: 2 });
    expect(native.err).toContain(
      'played in MuJoCo 3.14, v2-compatible, and this is MuJoCo 3.14, native: see --variant',
    );
  }, 180_000);

  it('lab train --from continues a checkpoint of the page, with its curves and changed settings', async () => {
    const more = ['--data', at('hopper'), '--decay-steps', '40', '--evaluate-every', '20', '--episodes', '2'];
    const flags = [...RUN, ...more, '--candidates', '1,3', '--steps', '40'];
    const left = decodeCheckpoint(await readFile(at('first', 'checkpoint.safetensors')));
    const [line] = (await readFile(at('whole', 'evaluations.jsonl'), 'utf8')).split('\n');
    const [physics, points] = ['MuJoCo 3.14, v2-compatible', [JSON.parse(line!) as EvaluationPoint]];
    const exported = async (name: string, notes: Record<string, unknown>) => {
      await writeFile(at(name), encodeFile({ ...left, notes: { physics, points, ...notes } }));
      return ['--from', at(name), '--out', at(`from-${name}`)];
    };
    const end = async (name: string) => readFile(at(`from-${name}`, 'checkpoint.safetensors'));

    await json('train', ...flags, ...(await exported('same', {})));
    expect(tensorsOf(await end('same')).equals(tensorsOf(await readFile(at('whole', 'checkpoint.safetensors'))))).toBe(
      true,
    );
    const lines = (await readFile(at('from-same', 'evaluations.jsonl'), 'utf8')).trim().split('\n');
    expect(lines.map((text) => (JSON.parse(text) as EvaluationPoint).step)).toEqual([20, 40]);

    const live = [{ step: 20, settings: { eta: 2 } }];
    await json('train', ...flags, ...(await exported('changed', { live })));
    expect(tensorsOf(await end('changed')).equals(tensorsOf(await end('same')))).toBe(false);
    expect(decodeCheckpoint(await end('changed')).notes).toMatchObject({ physics, live });

    const native = await run('train', ...flags, ...(await exported('native', { physics: 'native' })));
    expect(native.err).toContain(
      'The checkpoint has points that were played in native, and this is MuJoCo 3.14, v2-compatible: see --variant.',
    );
    const policy = await run('train', ...flags, '--from', at('whole', 'best.safetensors'), '--out', at('none'));
    expect(policy.err).toContain('nothing can go on from it');
    const several = await run('train', ...flags, ...(await exported('several', {})), '--seeds', '0..1');
    expect(several).toMatchObject({ code: 2 });
  }, 60_000);

  it('lab train trains several seeds, and methods that draw no candidates', async () => {
    const out = ['--data', at('hopper'), '--steps', '4', '--episodes', '1', '--out', at('seeds')];
    const bc = ['--task', 'hopper-medium', '--algorithm', 'bc', '--preset', 'small', ...SMALL.slice(0, 8)];
    const result = await json('train', ...bc, ...out, '--seeds', '0..1');
    expect((result['runs'] as { folder: string }[]).map(({ folder }) => folder)).toEqual([
      at('seeds', 'seed-0'),
      at('seeds', 'seed-1'),
    ]);
    const report = await run('report', at('seeds'));
    expect(report).toMatchObject({ code: 0, err: '' });
    expect(report.out).toContain('| BC, small, Hidden width 8, Batch size 8 | 1 | 0, 1 | 4 |');
    expect(await readFile(at('seeds', 'report.md'), 'utf8')).toBe(report.out);
    expect(await readFile(at('seeds', 'hopper-medium.svg'), 'utf8')).toContain('mean episode of the data');
    // A group of other data says so.
    await cp(at('seeds', 'seed-0'), at('mixed', 'a'), { recursive: true });
    await cp(at('seeds', 'seed-1'), at('mixed', 'b'), { recursive: true });
    const about = await readFile(at('mixed', 'b', 'experiment.json'), 'utf8');
    await writeFile(at('mixed', 'b', 'experiment.json'), about.replace('"rows": 200', '"rows": 300'));
    const mixed = await run('report', at('mixed'));
    for (const rows of [200, 300]) {
      expect(mixed.out).toContain(`| BC, small, Hidden width 8, Batch size 8, small-hopper (${rows} rows) | 1 |`);
    }
    expect(mixed.out.match(/^Dataset small-hopper/gm)).toHaveLength(2);
    expect((await run('report', at('hopper'))).err).toContain('There is no run under');

    const file = at('seeds', 'seed-1', 'checkpoint.safetensors');
    // So that it is known where the run is taken.
    const { notes } = decodeSafetensors(await readFile(file)).metadata;
    expect(JSON.parse(notes!)).toMatchObject({ physics: 'MuJoCo 3.14, v2-compatible' });
    const many = await run('evaluate', '--checkpoint', file, '--env', 'hopper', '--candidates', '50');
    expect(many.err).toContain('BC does not choose among candidates');
    const chosen = await run('train', ...bc, ...out, '--seed', '9', '--candidates', '1,50');
    expect(chosen).toMatchObject({ code: 2 });
    expect(chosen.err).toContain('BC does not choose among candidates');

    // Interrupted before the last seed: the same command resumes the existing seeds and begins the rest.
    expect((await run('train', ...bc, ...out, '--seeds', '0..2')).err).toContain('seed-0 holds a run already');
    const resumed = await json('train', ...bc, ...out, '--seeds', '0..2', '--resume');
    expect((resumed['runs'] as { steps: number }[]).map(({ steps }) => steps)).toEqual([4, 4, 4]);
    expect((await run('train', ...bc, ...out, '--seeds', '7..8', '--resume')).err).toContain(
      'seed-7 holds no run, nor',
    );
  });

  it('lab train --seeds trains the rest where one seed diverges, names it at the end, and fails', async () => {
    const train = Object.getOwnPropertyDescriptor(LocomotionTrainer.prototype, 'train')!.value as (
      this: LocomotionTrainer,
      steps: number,
    ) => Promise<void>;
    const spied = vi.spyOn(LocomotionTrainer.prototype, 'train').mockImplementation(async function (
      this: LocomotionTrainer,
      steps,
    ) {
      await train.call(this, steps);
      if (this.experiment.seed === 1) this.divergence = { quantity: 'bcLoss', step: this.step };
    });
    const bc = ['--task', 'hopper-medium', '--algorithm', 'bc', '--preset', 'small', ...SMALL.slice(0, 8)];
    const out = ['--data', at('hopper'), '--steps', '4', '--episodes', '1', '--out', at('diverged')];
    const { code, out: printed, err } = await run('train', ...bc, ...out, '--seeds', '0..2', '--json');
    spied.mockRestore();
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(
        /^BC, hopper-medium, seed 1: bcLoss is no finite number after step 4\. .*\n1 of 3 seeds diverged\.\n$/,
      ),
    ]);
    const { runs, diverged } = JSON.parse(printed) as Record<string, { seed: number; steps: number }[]>;
    expect(diverged).toMatchObject([{ seed: 1 }]);
    expect(runs!.map(({ seed, steps }) => [seed, steps])).toEqual([
      [0, 4],
      [2, 4],
    ]);
  });

  it('lab train and lab evaluate refuse what does not fit, with the reason', async () => {
    const [data, out] = [
      ['--data', at('walker2d')],
      ['--out', at('none')],
    ] as const;
    const walker = await run('train', ...RUN, ...data, ...out);
    expect(walker).toMatchObject({ code: 2 });
    expect(walker.err).toContain('small-walker2d is data of walker2d; hopper-medium learns from data of hopper.');
    expect((await run('train', ...RUN, '--data', at('nothing'), ...out)).err).toContain('could not be read');
    const task = await run('train', ...RUN.slice(2), '--task', 'ant-medium', ...data, ...out);
    expect(task.err).toContain('Allowed choices are halfcheetah-medium');
    expect((await run('train', ...RUN, ...data, ...out, '--discount', '2')).err).toContain('a number from 0 to 0.9999');
    expect((await run('train', ...RUN, ...data, ...out, '--seeds', '3..1')).err).toContain('a range like 0..4');
    const wide = await run('train', ...RUN, '--data', at('unnamed'), ...out);
    expect(wide).toMatchObject({ code: 2 });
    expect(wide.err).toContain('small-unnamed has rows of 17 observations and 6 actions; hopper-medium has 11 and 3.');
    for (const [flag, value, right] of [
      ['--hidden', '9999', 'a whole number from 8 to 512'],
      ['--eta', '-1', 'a number from 0 to'],
      ['--lr', '1e9', 'a number from'],
      ['--T', '0', 'a whole number from'],
      ['--critics', '11', 'a whole number from 2 to 10'],
      ['--steps', '-5', 'a whole number from 0 to 10000000'],
      ['--pessimism', 'max', 'Allowed choices are min, lcb'],
    ] as const) {
      const refused = await run('train', ...RUN, '--data', at('hopper'), ...out, flag, value);
      expect([flag, refused.code], refused.err).toEqual([flag, 2]);
      expect(refused.err).toContain(flag);
      expect(refused.err).toContain(right);
    }
    const both = await run('train', ...RUN, ...data, ...out, '--seeds', '0..1', '--seed', '2');
    expect(both.err).toContain('only one of them is meant');
    expect((await run('train', ...RUN, '--data', at('hopper'), ...out, '--resume')).err).toContain('holds no run');

    await copyFile(at('whole', 'checkpoint.safetensors'), at('cut.safetensors'));
    const bytes = await readFile(at('cut.safetensors'));
    await writeFile(at('cut.safetensors'), bytes.subarray(0, bytes.length - 100));
    const cut = await run('evaluate', '--checkpoint', at('cut.safetensors'), '--env', 'hopper');
    expect(cut).toMatchObject({ code: 1 });
    expect(cut.err).toContain('cut.safetensors: Not a sound safetensors file');
    // A damaged checkpoint can be neither played nor resumed, and the run's folder stays unchanged.
    const damaged = Buffer.from(bytes);
    damaged[damaged.length - 9]! ^= 4;
    await writeFile(at('damaged.safetensors'), damaged);
    const played = await run('evaluate', '--checkpoint', at('damaged.safetensors'), '--env', 'hopper');
    expect(played).toMatchObject({ code: 1 });
    expect(played.err).toContain('damaged.safetensors: The checkpoint is damaged: its contents have the CRC-32');
    await cp(at('whole'), at('hurt'), { recursive: true });
    await writeFile(at('hurt', 'checkpoint.safetensors'), damaged);
    const lines = await readFile(at('hurt', 'evaluations.jsonl'), 'utf8');
    const resumed = await run('train', ...RUN, '--data', at('hopper'), '--out', at('hurt'), '--resume');
    expect(resumed).toMatchObject({ code: 1 });
    expect(resumed.err).toContain('checkpoint.safetensors: The checkpoint is damaged');
    expect((await readFile(at('hurt', 'checkpoint.safetensors'))).equals(damaged)).toBe(true);
    expect(await readFile(at('hurt', 'evaluations.jsonl'), 'utf8')).toBe(lines);
    const other = ['--data', at('hopper'), '--out', at('whole'), '--resume', '--tau', '0.5', '--seed', '4'];
    expect((await run('train', ...RUN, ...other)).err).toContain(
      'The checkpoint is of another experiment: seed: 0 there, 4 here;',
    );
  });

  it('lab train names a missing chunk of its dataset', async () => {
    await rm(at('hopper', 'rewards', '0'));
    const gone = await run('train', ...RUN, '--data', at('hopper'), '--out', at('gone'));
    expect(gone).toMatchObject({ code: 1 });
    expect(gone.err).toContain('rewards/0: missing');
    // Resuming needs the chunk as well, and leaves the checkpoint unchanged.
    const before = await readFile(at('whole', 'checkpoint.safetensors'));
    const resumed = await run('train', ...RUN, '--data', at('hopper'), '--out', at('whole'), '--resume');
    expect(resumed).toMatchObject({ code: 1 });
    expect(resumed.err).toContain('rewards/0: missing');
    expect((await readFile(at('whole', 'checkpoint.safetensors'))).equals(before)).toBe(true);
  });
});

/** The data after the header, in which seconds and budgets differ. */
function tensorsOf(file: Buffer): Buffer {
  return file.subarray(8 + Number(file.readBigUInt64LE(0)));
}
