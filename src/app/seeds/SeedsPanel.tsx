/** How many seeds the curves of one method are of: the choice, how far they are, and what they say together. */
import type { ReactNode } from 'react';
import { METHODS, type MethodId } from '../../algorithms/catalogue.ts';
import { seedsFrom } from '../../training/experiment.ts';
import type { LostSeed } from '../../training/seeds-protocol.ts';
import { Choice } from '../controls/Choice.tsx';
import { formatCount, formatFixed, formatMmd, formatShare } from '../format.ts';
import { BandLegend } from '../plots/band.tsx';
import { useSession } from '../session-context.ts';
import { useExperiment } from '../stores/experiment-store.ts';
import { hasStarted, useRun } from '../stores/run-store.ts';
import { setView, useView } from '../stores/view-store.ts';
import { SEED_COUNTS } from '../view.ts';
import { termName } from '../words/methods.ts';
import { seedWords } from './seed-rows.ts';
import { useSeeds, type SeedGroup } from './seeds-store.ts';

const OPTIONS = SEED_COUNTS.map((count) => ({
  value: String(count),
  label: String(count),
  hint: count === 1 ? 'The run’s own seed alone' : `The run’s own seed, and the ${count - 1} after it`,
}));

export function SeedsPanel({ method }: { method: MethodId }) {
  const count = useView('seeds');
  return (
    <div className="seeds" data-testid="seeds-panel">
      <Choice
        control="seeds"
        label="Seeds"
        value={String(count)}
        options={OPTIONS}
        onChange={(value) => setView({ seeds: SEED_COUNTS.find((each) => String(each) === value) ?? 1 })}
      />
      {count > 1 && <SeedsState method={method} count={count} />}
      {count > 1 && <SeedsTogether method={method} />}
    </div>
  );
}

/** Whether the other seeds train, what they wait for, and what can be done. */
function SeedsState({ method, count }: { method: MethodId; count: number }) {
  const { seeds: others } = useSession();
  const seed = useExperiment((experiment) => experiment.seed);
  const state = useRun('state');
  const { progress, stopped, problem, strayed } = useSeeds((seeds) => seeds);
  const [, ...seeds] = seedsFrom(seed, count);
  const named = seedWords(seeds);
  const why = strayed[method];
  if (why !== undefined) return <Words>{`${why}, which no other seed did. Reset and play, to compare seeds.`}</Words>;
  if (problem !== null) {
    return (
      <Words button={{ label: 'Try again', onClick: () => others.goOn() }}>
        {`The other seeds could not go on: ${problem}`}
      </Words>
    );
  }
  if (stopped) {
    return (
      <Words button={{ label: 'Go on', onClick: () => others.goOn() }}>{`Training of ${named} is stopped.`}</Words>
    );
  }
  if (progress) {
    return (
      <Words
        button={{ label: 'Stop', onClick: () => others.stop() }}
        bar={<progress value={progress.done} max={Math.max(1, progress.total)} aria-label={`Training ${named}`} />}
      >
        {`Training ${named}.`}
      </Words>
    );
  }
  if (state === 'running') return <Words>{`The run first: ${named} train when it is paused or finished.`}</Words>;
  if (!hasStarted(state)) return <Words>{`Press Play: ${named} follow when the run is paused or finished.`}</Words>;
  return null;
}

interface WordsProps {
  children: string;
  bar?: ReactNode;
  button?: { label: string; onClick: () => void };
}

function Words({ children, bar, button }: WordsProps) {
  return (
    <div className="seeds-state" data-testid="seeds-state">
      <span role="status">{children}</span>
      {bar}
      {button && (
        <button type="button" data-testid="seeds-button" onClick={button.onClick}>
          {button.label}
        </button>
      )}
    </div>
  );
}

const FIGURES = [
  ['in mode', 'inMode', formatShare],
  ['reward', 'meanReward', formatFixed],
  ['MMD²', 'mmd2', formatMmd],
] as const;

/** The last mean of all seeds, which of them are lost, and what the charts draw. */
function SeedsTogether({ method }: { method: MethodId }) {
  const axis = useView('axis');
  const group = useSeeds(({ groups }) => groups[method]);
  if (!group) return null;
  const point = group.points.at(-1);
  return (
    <>
      {point && (
        <section className="seeds-means" aria-label="Mean of the seeds" data-testid="seeds-means">
          <p>{`Mean of ${finiteSeeds(group)} at step ${formatCount(point.step)}, with its 95 % interval:`}</p>
          <dl>
            {FIGURES.map(([words, figure, write]) => {
              const mean = point.means[figure];
              return (
                mean && (
                  <div key={figure}>
                    <dt>{words}</dt>
                    <dd data-testid={`seeds-${figure}`}>
                      {write(mean.value)}{' '}
                      <span className="metric-minor">
                        {write(mean.low)} to {write(mean.high)}
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
        <p key={lost.seed} className="seeds-lost" data-testid="seeds-lost">
          {lostWords(method, lost)}
        </p>
      ))}
      {point &&
        (axis === 'steps' ? (
          <BandLegend
            method={method}
            name={`Mean of ${group.seeds.length} seeds; 95 % of the means of resampled seeds are in the band`}
            own={`This run, seed ${group.seeds[0] ?? 0}`}
          />
        ) : (
          <p className="seeds-lost">Seeds are compared by steps: choose “by steps” to see their band.</p>
        ))}
    </>
  );
}

function finiteSeeds({ seeds, points }: SeedGroup): string {
  const last = points.at(-1)?.others.map(({ seed }) => seed) ?? [];
  return seedWords(seeds.filter((seed, i) => i === 0 || last.includes(seed)));
}

function lostWords(method: MethodId, { seed, quantity, step }: LostSeed): string {
  const what = quantity === 'samples' ? 'samples were' : `${termName(quantity).toLowerCase()} was`;
  const number = quantity === 'samples' ? 'finite numbers' : 'finite number';
  return `Seed ${seed} of ${METHODS[method].name} is left out: its ${what} no ${number} at step ${formatCount(step)}.`;
}
