/** Histograms of episodes, rewards, actions and observations. */
import { useMemo } from 'react';
import type { CardPictures } from '../../datasets/library/card.ts';
import { histogram, type Histogram } from '../../datasets/library/histogram.ts';
import type { DatasetFacts } from '../../datasets/library/protocol.ts';
import { HistogramPlot } from './HistogramPlot.tsx';

const BINS = 32;
/** Observations shown at first; the others are folded. */
const SHOWN = 24;

export function EpisodeSpread({ facts: { manifest, lengths } }: { facts: DatasetFacts }) {
  const { returns } = manifest.episodes;
  const ofReturns = useMemo(() => histogram(returns, BINS), [returns]);
  const ofLengths = useMemo(() => histogram(lengths, BINS), [lengths]);
  return (
    <div className="card-pair">
      <HistogramPlot large title="Returns of episodes" histogram={ofReturns} of="episodes" />
      <HistogramPlot large title="Lengths of episodes, in steps" histogram={ofLengths} of="episodes" />
    </div>
  );
}

interface DistributionsProps {
  facts: DatasetFacts;
  pictures: CardPictures;
}

export function Distributions({ pictures }: DistributionsProps) {
  const { actions, observations, rewards } = pictures;
  return (
    <section className="distributions" aria-labelledby="distributions-title">
      <h3 id="distributions-title">Rewards, actions, observations</h3>
      <div className="small-plots">
        <HistogramPlot title="Reward" histogram={rewards} of="rows" />
        {actions.map((column, i) => (
          <HistogramPlot key={i} title={`Action ${i}`} histogram={column} of="rows" />
        ))}
        {observations.slice(0, SHOWN).map(observationPlot)}
      </div>
      {observations.length > SHOWN && (
        <details>
          <summary>{observations.length - SHOWN} more observations</summary>
          <div className="small-plots">
            {observations.slice(SHOWN).map((column, i) => observationPlot(column, SHOWN + i))}
          </div>
        </details>
      )}
    </section>
  );
}

function observationPlot(column: Histogram, i: number) {
  return <HistogramPlot key={`observation ${i}`} title={`Observation ${i}`} histogram={column} of="rows" />;
}
