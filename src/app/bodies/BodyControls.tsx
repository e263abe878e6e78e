/** Controls of a running body (play, push, speed, view) and its set-up (body, policy, physics, seed). */
import { useStore } from 'zustand';
import { ENVIRONMENT_IDS, BODY_NAMES } from '../../environments/bodies/ids.ts';
import type { AfterEnd } from '../../environments/stage/protocol.ts';
import { Choice } from '../shared/controls/Choice.tsx';
import { Icon } from '../shared/controls/icons.tsx';
import { useMedia } from '../shared/hooks/use-media.ts';
import { NumberInput } from '../shared/controls/NumberInput.tsx';
import type { ViewKind } from '../shared/stage/open-view.ts';
import { setView, useHidden, useView } from '../shared/view-store.ts';
import { MAX_BODY_SEED } from '../shared/view.ts';
import { BODY_SPEEDS, type BodySession } from '../shared/body/body-session.ts';
import { POLICY_GROUPS, type PolicyChoice } from '../shared/body/policies.ts';
import { BODY_CONTROLS } from './copy.ts';
import { described } from '../shared/copy.ts';

const SPEED_OPTIONS = BODY_SPEEDS.map((speed, i) => ({
  value: String(speed),
  label: ['1×', '½', '¼', '⅒'][i]!,
  hint: speed === 1 ? 'Real time' : `${1 / speed} times slower`,
}));

const VIEWS = [
  { value: '3d', label: '3D', hint: 'In three dimensions' },
  { value: '2d', label: 'Side', hint: 'From the side' },
] as const;

const BODIES = ENVIRONMENT_IDS.map((id) => ({ value: id, label: BODY_NAMES[id].label }));

const PHYSICS = [
  { value: 'v2', label: 'v2-compatible', hint: 'Agrees with the MuJoCo in which D4RL’s data were recorded' },
  { value: 'native', label: 'MuJoCo as it is', hint: 'The model as it is, in today’s MuJoCo' },
] as const;

const AFTER_END: readonly { value: AfterEnd; label: string }[] = [
  { value: 'restart', label: 'Next' },
  { value: 'stay', label: 'Stay' },
];

/** Acceleration of a push button, in m/s². */
const PUSH = 9;

/** @param kind the view that is open; null before. */
export function BodyControls({ session, kind }: { session: BodySession; kind: ViewKind | null }) {
  const status = useStore(session.store, (state) => state.status);
  const playing = useStore(session.store, (state) => state.playing);
  const speed = useStore(session.store, (state) => state.speed);
  const idle = status !== 'ready';
  return (
    <section className="control-bar body-bar" aria-label="Run">
      <div className="run-strip">
        <div className="run-buttons">
          <button
            type="button"
            className="primary"
            data-testid={playing ? 'pause' : 'play'}
            disabled={idle}
            {...described(BODY_CONTROLS, 'bodyPlay')}
            onClick={() => session.toggle()}
          >
            <Icon name={playing ? 'pause' : 'play'} />
            {playing ? 'Pause' : 'Play'}
          </button>
          <button
            type="button"
            data-testid="step"
            disabled={idle}
            aria-label="Step"
            {...described(BODY_CONTROLS, 'bodyStep')}
            onClick={() => session.step()}
          >
            <Icon name="step" />
            <span className="wide-only">Step</span>
          </button>
          <button
            type="button"
            data-testid="reset"
            disabled={idle}
            aria-label="Restart"
            {...described(BODY_CONTROLS, 'bodyRestart')}
            onClick={() => session.restart()}
          >
            <Icon name="reset" />
            <span className="wide-only">Restart</span>
          </button>
        </div>
        <div className="push-buttons" role="group" aria-label="Push">
          <PushButton session={session} idle={idle} direction={[-1, 0]} sign="←" name="Push back" />
          <PushButton session={session} idle={idle} direction={[0, 1]} sign="↑" name="Push up" />
          <PushButton session={session} idle={idle} direction={[1, 0]} sign="→" name="Push forward" />
        </div>
      </div>
      <Choice
        controls={BODY_CONTROLS}
        control="bodySpeed"
        label="Speed"
        value={String(speed)}
        options={SPEED_OPTIONS}
        onChange={(value) => session.setSpeed(Number(value))}
      />
      <Choice
        controls={BODY_CONTROLS}
        control="bodyView"
        label="View"
        value={kind ?? ''}
        options={VIEWS}
        onChange={(stage) => stage !== '' && setView({ stage })}
      />
    </section>
  );
}

interface PushButtonProps {
  session: BodySession;
  idle: boolean;
  direction: readonly [number, number];
  sign: string;
  name: string;
}

function PushButton({ session, idle, direction, sign, name }: PushButtonProps) {
  return (
    <button
      type="button"
      className="square"
      disabled={idle}
      aria-label={name}
      data-testid={name.toLowerCase().replace(' ', '-')}
      {...described(BODY_CONTROLS, 'bodyPush')}
      onClick={() => session.push([PUSH * direction[0], PUSH * direction[1]])}
    >
      {sign}
    </button>
  );
}

interface BodySetupProps {
  session: BodySession;
  /** Null until the policies are known. */
  choices: readonly PolicyChoice[] | null;
  chosen: PolicyChoice | null;
}

export function BodySetup({ session, choices, chosen }: BodySetupProps) {
  const hidden = useHidden('setup');
  const body = useView('body');
  const physics = useView('physics');
  const seed = useView('bodySeed');
  const afterEnd = useStore(session.store, (state) => state.afterEnd);
  const narrow = useMedia('(max-width: 700px)');
  if (hidden) return null;
  const rest = (
    <>
      <label className="labelled body-policy" {...described(BODY_CONTROLS, 'bodyPolicy')}>
        <span className="control-label">Policy</span>
        <select
          data-testid="body-policy"
          value={chosen?.id ?? ''}
          disabled={choices === null}
          onChange={(event) => setView({ policy: event.target.value })}
        >
          {choices && <PolicyOptions choices={choices} />}
        </select>
      </label>
      <Choice
        controls={BODY_CONTROLS}
        control="bodyPhysics"
        label="Physics"
        value={physics}
        options={PHYSICS}
        onChange={(value) => setView({ physics: value })}
      />
      <span className="seed">
        <NumberInput
          label="Seed"
          testId="body-seed"
          value={seed}
          min={0}
          max={MAX_BODY_SEED}
          step={1}
          integer
          title={BODY_CONTROLS.bodySeed.help}
          describedBy="help-bodySeed"
          onCommit={(value) => setView({ bodySeed: value })}
        />
      </span>
      <Choice
        controls={BODY_CONTROLS}
        control="bodyAfterEnd"
        label="After a fall"
        value={afterEnd}
        options={AFTER_END}
        onChange={(value) => session.setAfterEnd(value)}
      />
    </>
  );
  return (
    <section className="setup body-setup" aria-label="Set-up of the run">
      <Choice
        controls={BODY_CONTROLS}
        control="body"
        label="Body"
        value={body}
        options={BODIES}
        onChange={(value) => setView({ body: value })}
      />
      {narrow ? (
        <details className="setup-fold">
          <summary>Set-up</summary>
          <div>{rest}</div>
        </details>
      ) : (
        rest
      )}
    </section>
  );
}

function PolicyOptions({ choices }: { choices: readonly PolicyChoice[] }) {
  return Object.entries(POLICY_GROUPS).map(([group, heading]) => {
    const own = choices.filter((choice) => choice.group === group);
    if (own.length === 0) return null;
    return (
      <optgroup key={group} label={heading}>
        {own.map(({ id, label }) => (
          <option key={id} value={id}>
            {label}
          </option>
        ))}
      </optgroup>
    );
  });
}
