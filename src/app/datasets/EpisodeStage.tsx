/** Plays an episode of a dataset on the stage from its observations, in step with the curves. */
import { useEffect, useMemo, useState } from 'react';
import type { EpisodeData } from '../../datasets/library/protocol.ts';
import { recordedPositions } from '../../environments/recorded-states.ts';
import { BODIES } from '../../environments/bodies/index.ts';
import { type EnvironmentId, BODY_NAMES } from '../../environments/bodies/ids.ts';
import { Icon } from '../shared/controls/icons.tsx';
import { RecordedSource } from '../shared/stage/recorded-source.ts';
import { Stage } from '../shared/stage/Stage.tsx';
import { useView } from '../shared/view-store.ts';
import { reportLibraryError } from '../shared/library/library-store.ts';

const SPEEDS = [
  [1, 'real time'],
  [0.25, '4 times slower'],
  [0.1, '10 times slower'],
] as const;

interface EpisodeStageProps {
  episode: EpisodeData;
  body: EnvironmentId;
  step: number;
  onStep: (step: number) => void;
}

export default function EpisodeStage({ episode, body, step, onStep }: EpisodeStageProps) {
  const choice = useView('stage');
  const [playing, setPlaying] = useState(false);
  const [speed, setSpeed] = useState(1);
  const source = useMemo(() => {
    const { frameSkip, model } = BODIES[body];
    const states = recordedPositions(body, episode.observations);
    return new RecordedSource(body, states, {
      positions: states.length / episode.rewards.length,
      stepMs: 1000 * model.option.timestep * frameSkip,
      onStep: (at) => {
        onStep(at);
        setPlaying(source.playing);
      },
    });
  }, [episode, body, onStep]);
  useEffect(() => source.seek(step), [source, step]);

  function toggle(): void {
    if (source.playing) source.pause();
    else source.play();
    setPlaying(source.playing);
  }

  return (
    <div className="episode-stage" data-testid="episode-stage">
      <Stage
        source={source}
        choice={choice}
        label={`${BODY_NAMES[body].label}, as recorded in episode ${episode.index}`}
        onError={(error) => reportLibraryError('The episode could not be drawn.', error)}
      />
      <div className="episode-line">
        <button type="button" data-testid="episode-play" onClick={toggle}>
          <Icon name={playing ? 'pause' : 'play'} />
          {playing ? 'Pause' : 'Play'}
        </button>
        <label className="labelled">
          <span className="control-label">Speed</span>
          <select
            value={speed}
            onChange={(event) => {
              const chosen = Number(event.target.value);
              source.setSpeed(chosen);
              setSpeed(chosen);
            }}
          >
            {SPEEDS.map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        </label>
        <span className="hint">Joints as observed; the position on the ground is integrated from the speed.</span>
      </div>
    </div>
  );
}
