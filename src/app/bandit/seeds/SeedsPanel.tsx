/** The seeds of one method: how many, their progress, and their mean. */
import type { MethodId } from '../../../bandit/methods.ts';
import { seedsFrom } from '../../../bandit/experiment.ts';
import type { LostSeed } from '../../../bandit/seeds-protocol.ts';
import { Choice } from '../../shared/controls/Choice.tsx';
import { formatCount, formatFixed, formatMmd, formatShare } from '../../shared/format.ts';
import { BandLegend } from '../plots/band.tsx';
import { useSession } from '../session-context.ts';
import { useExperiment } from '../stores/experiment-store.ts';
import { hasStarted, useRun } from '../stores/run-store.ts';
import { setView, useView } from '../../shared/view-store.ts';
import { SEED_COUNTS } from '../../shared/view.ts';
import { termName } from '../../shared/term-name.ts';
import { seedsLabel } from './seed-rows.ts';
import { useSeeds, type SeedGroup } from './seeds-store.ts';
import { BANDIT_CONTROLS } from '../copy.ts';

const OPTIONS = SEED_COUNTS.map((count) => ({
  value: String(count),
  label: String(count),
  hint: count === 1 ? 'Only the run’s own seed' : `The run’s own seed, and the ${count - 1} after it`,
}));

export function SeedsChoice() {
  const count = useView('seeds');
  return (
    <Choice
      controls={BANDIT_CONTROLS}
      control="seeds"
      label="Seeds"
      value={String(count)}
      options={OPTIONS}
      onChange={(value) => setView({ seeds: SEED_COUNTS.find((each) => String(each) === value) ?? 1 })}
    />
  );
}

export function SeedsPanel({ method }: { method: MethodId }) {
  const count = useView('seeds');
  if (count === 1) return null;
  return (
    <div className="seeds" data-testid="seeds-panel">
      <SeedsState method={method} count={count} />
      <SeedsMeans method={method} />
    </div>
  );
}

/** The state of the other seeds' training, and the action it allows. */
interface SeedsStatus {
  text: string;
  action?: { label: string; act: () => void };
}

/** The training of the other seeds, or what it waits for. */
function SeedsState({ method, count }: { method: MethodId; count: number }) {
  const seed = useExperiment((experiment) => experiment.seed);
  const [, ...others] = seedsFrom(seed, count);
  const named = seedsLabel(others);
  const progress = useSeeds((seeds) => seeds.progress);
  const { text: words, action } = useSeedsStatus(method, named);
  // The same element in every state, so that a screen reader announces the changes.
  return (
    <div className="seeds-state" data-testid="seeds-state">
      <span role="status">{words}</span>
      {progress && (
        <progress value={progress.done} max={Math.max(1, progress.total)} aria-label={`Training ${named}`} />
      )}
      {action && (
        <button type="button" data-testid="seeds-button" onClick={action.act}>
          {action.label}
        </button>
      )}
    </div>
  );
}

/** @param named label of the other seeds */
function useSeedsStatus(method: MethodId, named: string): SeedsStatus {
  const { seeds } = useSession();
  const state = useRun('state');
  const isTrained = useSeeds(({ groups }) => (groups[method]?.points.length ?? 0) > 0);
  const { progress, stopped, problem, incomparable: strayed } = useSeeds((all) => all);
  const why = strayed[method];
  const resume = () => seeds.resume();
  if (why !== undefined) return { text: `${why}, which no other seed did. Reset and play, to compare seeds.` };
  if (problem !== null) {
    return {
      text: `The other seeds could not continue: ${problem}`,
      action: { label: 'Try again', act: resume },
    };
  }
  if (stopped) return { text: `Training of ${named} is stopped.`, action: { label: 'Go on', act: resume } };
  if (progress) return { text: `Training ${named}.`, action: { label: 'Stop', act: () => seeds.stop() } };
  if (state === 'running') return { text: `The run first: ${named} train when it is paused or finished.` };
  if (!hasStarted(state)) return { text: `Press Play: ${named} follow when the run is paused or finished.` };
  return { text: isTrained ? `Trained: ${named}.` : '' };
}

const FIGURES = [
  ['in mode', 'inMode', formatShare],
  ['reward', 'meanReward', formatFixed],
  ['MMD²', 'mmd2', formatMmd],
] as const;

/** The latest mean of all seeds, the lost seeds, and the legend of the charts. */
function SeedsMeans({ method }: { method: MethodId }) {
  const axis = useView('axis');
  const tables = useView('tables');
  const group = useSeeds(({ groups }) => groups[method]);
  if (!group) return null;
  const point = group.points.at(-1);
  return (
    <>
      {point && (
        <section className="seeds-means" aria-label="Mean of the seeds" data-testid="seeds-means">
          <p>{`Mean of ${finiteSeeds(group)} at step ${formatCount(point.step)}, with its 95 % interval:`}</p>
          <dl>
            {FIGURES.map(([label, figure, write]) => {
              const mean = point.means[figure];
              return (
                mean && (
                  <div key={figure}>
                    <dt>{label}</dt>
                    <dd data-testid={`seeds-${figure}`}>
                      {write(mean.value)}{' '}
                      <span className="metric-minor">
                        ({write(mean.low)} to {write(mean.high)})
                      </span>
                    </dd>
                  </div>
                )
              );
            })}
          </dl>
        </section>
      )}
      {group.lost.map((lost) => (
        <p key={lost.seed} className="seeds-note" data-testid="seeds-lost">
          {lostSeedText(lost)}
        </p>
      ))}
      {point &&
        (axis === 'seconds' ? (
          <p className="seeds-note">Seeds are compared by steps: choose “by steps” to see their band.</p>
        ) : tables ? null : (
          <BandLegend
            method={method}
            name={`Mean of ${group.seeds.length} seeds; the band holds 95 % of the means of resampled seeds`}
            own={`This run, seed ${group.seeds[0] ?? 0}`}
          />
        ))}
    </>
  );
}

function finiteSeeds({ seeds, points }: SeedGroup): string {
  const last = points.at(-1)?.others.map(({ seed }) => seed) ?? [];
  return seedsLabel(seeds.filter((seed, i) => i === 0 || last.includes(seed)));
}

function lostSeedText({ seed, quantity, step }: LostSeed): string {
  const what =
    quantity === 'samples' ? 'samples were not finite' : `${termName(quantity).toLowerCase()} was not finite`;
  return `Seed ${seed} is left out from step ${formatCount(step)} on, where its ${what}.`;
}
