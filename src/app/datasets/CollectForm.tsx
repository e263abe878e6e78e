/** Collects a dataset on this machine: body, behaviour policy, number of steps and seed. */
import { useId, useState } from 'react';
import { ENVIRONMENT_IDS, type EnvironmentId, BODY_NAMES } from '../../environments/bodies/ids.ts';
import { BEHAVIOURS, type Behaviour } from '../../collection/plan.ts';
import { shippedOf, type ShippedFile } from '../../collection/shipped.ts';
import { useShippedPolicies } from '../shared/body/policies.ts';
import { NumberInput } from '../shared/controls/NumberInput.tsx';
import { useView } from '../shared/view-store.ts';
import { MAX_BODY_SEED } from '../shared/view.ts';
import { runJob, useLibrary } from '../shared/library/library-store.ts';
import { DATASET_CONTROLS } from './copy.ts';
import { described } from '../shared/copy.ts';

const STEPS = { value: 100_000, min: 1000, max: 2_000_000 } as const;

export function CollectForm() {
  const files = useShippedPolicies();
  const shownBody = useView('body');
  const variant = useView('physics');
  const [chosenBody, setBody] = useState<EnvironmentId | null>(null);
  const [chosenBehaviour, setBehaviour] = useState<Behaviour>('medium-expert');
  const [steps, setSteps] = useState<number>(STEPS.value);
  const [seed, setSeed] = useState(0);
  const busy = useLibrary((state) => state.jobs.some(({ order }) => order.kind === 'collect'));
  const id = useId();
  // Defaults to the body that was shown last.
  const environment = chosenBody ?? shownBody;
  const own = shippedOf(files ?? [], environment);
  const missing = files !== null && own.length === 0;
  const behaviour = missing ? 'random' : chosenBehaviour;

  function collect(): void {
    const used = behaviour === 'random' ? [] : own.map(({ name, text }: ShippedFile) => ({ name, text }));
    void runJob({ kind: 'collect', collection: { environment, variant, behaviour, steps, seed, files: used } });
  }

  return (
    <form
      className="collect-form"
      aria-labelledby={`${id}-title`}
      data-testid="collect-form"
      onSubmit={(event) => {
        event.preventDefault();
        collect();
      }}
    >
      <p className="label" id={`${id}-title`}>
        Collected here
      </p>
      <div className="collect-fields">
        <label {...described(DATASET_CONTROLS, 'collectBody')}>
          <span className="control-label">Body</span>
          <select
            value={environment}
            data-testid="collect-body"
            onChange={(event) => setBody(event.target.value as EnvironmentId)}
          >
            {ENVIRONMENT_IDS.map((name) => (
              <option key={name} value={name}>
                {BODY_NAMES[name].label}
              </option>
            ))}
          </select>
        </label>
        <label {...described(DATASET_CONTROLS, 'collectBehaviour')}>
          <span className="control-label">Behaviour</span>
          <select
            value={behaviour}
            data-testid="collect-behaviour"
            onChange={(event) => setBehaviour(event.target.value as Behaviour)}
          >
            {BEHAVIOURS.map((name) => (
              <option key={name} value={name} disabled={missing && name !== 'random'}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <NumberInput
          label="Steps"
          testId="collect-steps"
          value={steps}
          min={STEPS.min}
          max={STEPS.max}
          step={10_000}
          integer
          title={DATASET_CONTROLS.collectSteps.help}
          describedBy="help-collectSteps"
          onCommit={setSteps}
        />
        <NumberInput
          label="Seed"
          testId="collect-seed"
          value={seed}
          min={0}
          max={MAX_BODY_SEED}
          step={1}
          integer
          title={DATASET_CONTROLS.collectSeed.help}
          describedBy="help-collectSeed"
          onCommit={setSeed}
        />
      </div>
      <button type="submit" data-testid="collect" disabled={busy || files === null} aria-describedby={`${id}-hint`}>
        Collect
      </button>
      <p id={`${id}-hint`} className="hint">
        {missing
          ? `No trained policies of ${BODY_NAMES[environment].label} come with this page, so only random actions can be collected.`
          : `D4RL’s protocol, in ${variant === 'v2' ? 'v2-compatible MuJoCo' : 'MuJoCo as it is'}, on this machine: policies that come with the page play, and every step is stored.`}
      </p>
    </form>
  );
}
