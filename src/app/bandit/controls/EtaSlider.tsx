/** η: the weight of the Q term against staying near the data. */
import { methodSettings } from '../../../bandit/experiment.ts';
import { fieldByKey } from '../../../bandit/settings.ts';
import { type NumberField } from '../../../experiment/setting-field.ts';
import { formatFixed } from '../../shared/format.ts';
import { useSession } from '../session-context.ts';
import { useExperiment } from '../stores/experiment-store.ts';
import { BANDIT_CONTROLS } from '../copy.ts';
import { described } from '../../shared/copy.ts';

const FIELD = fieldByKey('eta') as NumberField;
/** The slider is fine where η matters and coarse past it: position = (η / max)^(1/2). */
const POSITIONS = 200;

function toPosition(eta: number): number {
  return Math.round(POSITIONS * Math.sqrt(eta / FIELD.max));
}

function toEta(position: number): number {
  const eta = FIELD.max * (position / POSITIONS) ** 2;
  const rounding = eta < 0.2 ? 0.01 : FIELD.step;
  return Number((Math.round(eta / rounding) * rounding).toFixed(2));
}

export function EtaSlider() {
  const session = useSession();
  // Diffusion-QL's value represents all: the methods that read η share it in both presets.
  const eta = useExperiment((experiment) => methodSettings(experiment, 'diffusion-ql').eta);
  const overridden = useExperiment((experiment) => experiment.settings.eta !== undefined);
  return (
    <label className="eta" {...described(BANDIT_CONTROLS, 'eta')}>
      <span className="eta-name">
        η<span className="wide-only control-label"> Q weight</span>
      </span>
      <input
        type="range"
        min={0}
        max={POSITIONS}
        step={1}
        value={toPosition(eta)}
        aria-valuetext={formatFixed(eta)}
        aria-describedby="help-eta"
        data-testid="eta"
        list="eta-marks"
        onChange={(event) => session.setSetting('eta', toEta(Number(event.target.value)))}
      />
      <output className="eta-value" data-testid="eta-value" data-changed={overridden || undefined}>
        {formatFixed(eta)}
      </output>
      <datalist id="eta-marks">
        {[0, 0.5, 1, 2.5, 5, 10].map((mark) => (
          <option key={mark} value={toPosition(mark)} label={String(mark)} />
        ))}
      </datalist>
    </label>
  );
}
