/** The card of a dataset: a summary of its contents in plots. */
import { useState } from 'react';
import { useView } from '../shared/view-store.ts';
import { ActionsNear } from './ActionsNear.tsx';
import { CardHead } from './CardHead.tsx';
import { Distributions, EpisodeSpread } from './Distributions.tsx';
import { Episodes } from './Episodes.tsx';
import { useLibrary } from '../shared/library/library-store.ts';
import { Provenance } from './Provenance.tsx';
import { RewardOverTime } from './RewardOverTime.tsx';

export function Card() {
  const key = useView('dataset');
  const facts = useLibrary((state) => state.facts);
  const pictures = useLibrary((state) => state.pictures);
  const error = useLibrary((state) => state.error);
  if (facts === null) {
    return (
      <section className="card card-empty" aria-label="Card">
        {key === null ? <Empty /> : error === null && <p className="muted">Opening…</p>}
      </section>
    );
  }
  return (
    <section className="card" aria-labelledby="card-title" data-testid="card" key={facts.key}>
      <CardHead facts={facts} readyMs={pictures?.readyMs ?? null} />
      <EpisodeSpread facts={facts} />
      {pictures ? <Rows /> : <p className="muted">{error === null ? 'Reading the rows…' : ''}</p>}
      <Provenance facts={facts} />
    </section>
  );
}

/** The parts that need the rows themselves. */
function Rows() {
  const facts = useLibrary((state) => state.facts)!;
  const pictures = useLibrary((state) => state.pictures)!;
  // Starts in the middle of the longest episode, where something happens.
  const [row, setRow] = useState(() => {
    const longest = facts.lengths.reduce((best, length, i) => (length > facts.lengths[best]! ? i : best), 0);
    return facts.manifest.episodes.starts[longest]! + Math.floor(facts.lengths[longest]! / 2);
  });
  return (
    <>
      <div className="card-pair">
        <RewardOverTime profile={pictures.rewardOverTime} />
        <ActionsNear facts={facts} pictures={pictures} row={row} onRow={setRow} />
      </div>
      <Distributions facts={facts} pictures={pictures} />
      <Episodes facts={facts} onRow={setRow} />
    </>
  );
}

function Empty() {
  return (
    <div className="card-text">
      <h2>Nothing is open</h2>
      <p>
        A dataset is a log of episodes: what was observed, what was done, what it was worth. Offline reinforcement
        learning sees nothing else. Open one of the list, or add one:
      </p>
      <ul>
        <li>
          a file of D4RL’s or Minari’s, dropped anywhere on this page, is converted here, without being held in memory
          as a whole;
        </li>
        <li>
          a folder that <code>npm run --silent lab -- convert FILE FOLDER</code> made, put on any static host, is
          fetched by its address; every chunk is checked against its SHA-256.
        </li>
      </ul>
      <p className="muted">
        Its card then shows how long and how good the episodes are, how rewards, observations and actions are spread,
        and which actions were taken in similar states: where those fall into several groups, a policy of one Gaussian
        cannot follow.
      </p>
    </div>
  );
}
