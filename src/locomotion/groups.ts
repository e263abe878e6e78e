/**
 * Groups of runs that differ only by seed, and their aggregate scores (Agarwal et al., 2021). A group has one task and one
 * dataset, so the bootstrap resamples its runs without strata.
 */
import { interquartileInterval, type MeanInterval } from '../math/statistics.ts';
import type { DatasetIdentity } from './dataset-identity.ts';
import { summarise, type EvaluationPoint, type RunSummary } from './evaluation.ts';
import { ownSettings, type LocomotionExperiment } from './experiment.ts';
import { LOCOMOTION_METHODS } from './methods.ts';
import { settingLabel, type LocomotionKey, type LocomotionSettings } from './settings.ts';
import { LOCOMOTION_TASKS } from './tasks.ts';

/** The fields of a run that grouping reads. */
export interface GroupedRun {
  experiment: LocomotionExperiment;
  dataset: DatasetIdentity;
  /** The physics of its evaluations. */
  physics: string;
  points: readonly EvaluationPoint[];
  /** Live changes of settings. */
  live?: readonly { step: number; settings: Partial<LocomotionSettings> }[];
}

/** The seeds of one experiment on one dataset, evaluated in one physics. */
export interface RunGroup<Run extends GroupedRun> {
  /** "Diffusion-QL, small, Q weight η 0.5"; with its physics if other runs have another. */
  name: string;
  runs: Run[];
}

/** Aggregate scores of a group with one number of candidates. */
export interface GroupRow {
  group: string;
  candidates: number;
  /** Seeds of the runs that have such a point. */
  seeds: number[];
  steps: number;
  /** Interquartile means of the runs' returns, with 95 % bootstrap intervals over the seeds. */
  last: MeanInterval;
  lastTen: MeanInterval;
  best: MeanInterval;
  /** Null if a run has too few points for the offline selection. */
  selected: MeanInterval | null;
  datasetReturn: number;
}

/** The name of a run's experiment, without task and seed. */
export function runName(experiment: LocomotionExperiment): string {
  const { method, preset } = experiment;
  const own = ownSettings(experiment).map(([key, value]) => settingLabel(key, value));
  return [LOCOMOTION_METHODS[method].name, preset, ...own].join(', ');
}

/** Groups runs, in the order of each group's first run. */
export function groupRuns<Run extends GroupedRun>(runs: readonly Run[]): RunGroup<Run>[] {
  const groups = new Map<string, RunGroup<Run>>();
  const several = runs.some(({ physics }) => physics !== runs[0]!.physics);
  for (const run of runs) {
    const { physics, dataset, live = [] } = run;
    const { task, method, preset, budget } = run.experiment;
    const same = [task, method, preset, budget, ownSettings(run.experiment)];
    const key = JSON.stringify([same, dataset.id, dataset.rows, physics, live]);
    const changes = live.flatMap(({ step, settings }) =>
      Object.entries(settings).map(
        ([setting, value]) => `, ${settingLabel(setting as LocomotionKey, value)} from step ${step}`,
      ),
    );
    const name = `${runName(run.experiment)}${changes.join('')}`;
    const group = groups.get(key) ?? { name: several ? `${name}, ${physics}` : name, runs: [] };
    group.runs.push(run);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** A row per number of candidates; none without points. */
export function groupRows({ name, runs }: RunGroup<GroupedRun>): GroupRow[] {
  const { topK } = LOCOMOTION_TASKS[runs[0]!.experiment.task].published;
  const summaries = runs.map(({ points }) => summarise(points, topK));
  const numbers = [...new Set(summaries.flat().map(({ candidates }) => candidates))];
  return numbers.map((candidates) => {
    const counted = runs.flatMap(({ experiment, points }, i) => {
      const summary = summaries[i]!.find((one) => one.candidates === candidates);
      return summary ? [{ seed: experiment.seed, step: points.at(-1)!.step, summary }] : [];
    });
    const each = counted.map(({ summary }) => summary);
    const aggregate = (of: (run: RunSummary) => number) => interquartileInterval(each.map(of));
    return {
      group: name,
      candidates,
      seeds: counted.map(({ seed }) => seed).sort((a, b) => a - b),
      steps: Math.max(...counted.map(({ step }) => step)),
      last: aggregate(({ last }) => last),
      lastTen: aggregate(({ lastTen }) => lastTen),
      best: aggregate(({ best }) => best),
      selected: each.some(({ selected }) => selected === null) ? null : aggregate(({ selected }) => selected ?? 0),
      datasetReturn: runs[0]!.dataset.meanReturn,
    };
  });
}

/** The interquartile mean over seeds with its interval, at the steps that all seeds have. */
export function groupCurve(
  curves: readonly (readonly (readonly [step: number, value: number])[])[],
): (MeanInterval & { step: number })[] {
  const [first = []] = curves;
  return first.flatMap(([step]) => {
    const values = curves.flatMap((points) => points.find(([at]) => at === step)?.[1] ?? []);
    return values.length === curves.length ? [{ step, ...interquartileInterval(values) }] : [];
  });
}
