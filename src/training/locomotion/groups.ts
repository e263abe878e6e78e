/** Runs that differ in nothing but their seed, and what they say together (Agarwal et al., 2021). */
import { interquartileMean, stratifiedBootstrap, type MeanInterval } from '../../math/aggregate.ts';
import type { DatasetIdentity } from './dataset-identity.ts';
import { summarise, type EvaluationPoint, type RunSummary } from './evaluation.ts';
import type { LocomotionExperiment } from './experiment.ts';
import { LOCOMOTION_METHODS } from './methods.ts';
import { LOCOMOTION_TASKS } from './tasks.ts';

/** What of a run matters here. */
export interface GroupedRun {
  experiment: LocomotionExperiment;
  dataset: DatasetIdentity;
  points: readonly EvaluationPoint[];
}

export interface RunGroup<Run extends GroupedRun> {
  /** "Diffusion-QL, small, eta 0.5" */
  name: string;
  runs: Run[];
}

/** What the seeds of a group say together, with one number of candidates. */
export interface GroupRow {
  group: string;
  candidates: number;
  seeds: number[];
  steps: number;
  /** Interquartile means of the runs' returns, with 95 % bootstrap intervals over the seeds. */
  last: MeanInterval;
  lastTen: MeanInterval;
  best: MeanInterval;
  /** Null where some run has too few points for the offline selection. */
  selected: MeanInterval | null;
  datasetReturn: number;
}

/** A run's experiment in words, without task and seed. */
export function runName({ method, preset, settings }: LocomotionExperiment): string {
  const own = Object.entries(settings).map(([name, value]) => `${name} ${value}`);
  return [LOCOMOTION_METHODS[method].name, preset, ...own].join(', ');
}

/** In the order of the first run of each. */
export function groupRuns<Run extends GroupedRun>(runs: readonly Run[]): RunGroup<Run>[] {
  const groups = new Map<string, RunGroup<Run>>();
  for (const run of runs) {
    const { seed: _seed, evaluation: _evaluation, ...same } = run.experiment;
    const key = JSON.stringify([same, run.dataset.id, run.dataset.rows]);
    const group = groups.get(key) ?? { name: runName(run.experiment), runs: [] };
    group.runs.push(run);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** A row for each number of candidates; none without points. */
export function groupRows({ name, runs }: RunGroup<GroupedRun>): GroupRow[] {
  const { topK } = LOCOMOTION_TASKS[runs[0]!.experiment.task].published;
  const summaries = runs.map(({ points }) => summarise(points, topK));
  const numbers = [...new Set(summaries.flat().map(({ candidates }) => candidates))];
  return numbers.map((candidates) => {
    const each = summaries.flatMap((all) => all.find((one) => one.candidates === candidates) ?? []);
    const aggregate = (of: (run: RunSummary) => number) => stratifiedBootstrap([each.map(of)], interquartileMean);
    return {
      group: name,
      candidates,
      seeds: runs.map(({ experiment }) => experiment.seed),
      steps: Math.max(...runs.map(({ points }) => points.at(-1)?.step ?? 0)),
      last: aggregate(({ last }) => last),
      lastTen: aggregate(({ lastTen }) => lastTen),
      best: aggregate(({ best }) => best),
      selected: each.some(({ selected }) => selected === null) ? null : aggregate(({ selected }) => selected ?? 0),
      datasetReturn: runs[0]!.dataset.meanReturn,
    };
  });
}

/** The mean over seeds at the steps that all of them have. */
export function meanCurve(curves: readonly (readonly (readonly [number, number])[])[]): [number, number][] {
  const [first = []] = curves;
  return first.flatMap(([step]): [number, number][] => {
    const values = curves.flatMap((points) => points.find(([at]) => at === step)?.[1] ?? []);
    return values.length === curves.length ? [[step, values.reduce((a, b) => a + b, 0) / values.length]] : [];
  });
}
