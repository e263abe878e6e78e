/** Return, score and other numbers of the run, in large figures over the stage. */
import { useStore } from 'zustand';
import { normalizedScore } from '../../datasets/reference-returns.ts';
import { BODIES } from '../../environments/bodies/index.ts';
import { physicsLabel, type PhysicsVariant } from '../../environments/physics-variant.ts';
import type { EnvironmentId } from '../../environments/bodies/ids.ts';
import { formatCount, formatFixed } from '../shared/format.ts';
import type { BodyFacts, BodySession } from '../shared/body/body-session.ts';

interface ReadoutsProps {
  session: BodySession;
  environment: EnvironmentId;
  variant: PhysicsVariant;
}

/** Below this share of real time a note is shown. */
const SLOWER = 0.95;

const END_TEXT = { fall: 'It fell', timeout: 'It reached the time limit' } as const;

export function Readouts({ session, environment, variant }: ReadoutsProps) {
  const facts = useStore(session.store, (state) => state.facts);
  const version = useStore(session.store, (state) => state.version);
  const realTime = useStore(session.store, (state) => state.realTime);
  const reference = BODIES[environment].referenceReturns;
  const score = facts.step === 0 ? '–' : formatFixed(normalizedScore(facts.return, reference), 1);
  const entries: [id: string, name: string, value: string, unit?: string][] = [
    ['return', 'Return', formatFixed(facts.return, 1)],
    ['score', 'Score', score],
    ['velocity', 'Velocity', formatFixed(facts.speed, 2), 'm/s'],
    ['reward', 'Reward', formatFixed(facts.reward, 2)],
    ['step', 'Step', formatCount(facts.step)],
    ['episode', 'Episode', formatCount(facts.episode)],
  ];
  return (
    <>
      <dl
        className="readouts"
        data-testid="readouts"
        data-return={facts.return}
        data-step={facts.step}
        data-episode={facts.episode}
        data-end={facts.end ?? undefined}
      >
        {entries.map(([id, name, value, unit]) => (
          <div key={id} data-readout={id}>
            <dt>{name}</dt>
            <dd data-testid={`body-${id}`}>
              {value}
              {unit && <span className="unit"> {unit}</span>}
            </dd>
          </div>
        ))}
      </dl>
      <p className="stage-note" data-testid="stage-note">
        {facts.end && (
          <b>
            {END_TEXT[facts.end]}, after {formatCount(facts.step)} steps.{' '}
          </b>
        )}
        {realTime < SLOWER && (
          <>
            Slower than real time: the policy takes longer than the body, which moves at {formatFixed(realTime, 1)}×
            speed.{' '}
          </>
        )}
        {facts.pushed && <>Pushed: this return is not the policy’s own. </>}
        <span className="stage-physics">
          Score by D4RL’s normalisation{version ? `, in ${physicsLabel(variant, version)}` : ''}
        </span>
      </p>
    </>
  );
}

/** The end of an episode in a sentence, for screen readers. */
export function endSentence({ episode, step, return: value, end }: BodyFacts): string {
  const how = end === 'fall' ? 'fell' : 'reached the time limit';
  return `Episode ${episode} ${how} after ${step} steps, with a return of ${formatFixed(value, 1)}.`;
}
