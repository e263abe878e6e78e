/** The upper limit of the run's speed. */
import { useSession } from '../session-context.ts';
import { useHidden, useView } from '../../shared/view-store.ts';
import { MAX_SPEED, SPEEDS } from '../../shared/view.ts';
import { BANDIT_CONTROLS } from '../copy.ts';
import { described } from '../../shared/copy.ts';

export function SpeedSelect() {
  const session = useSession();
  const speed = useView('speed');
  const hidden = useHidden('speed');
  // A link may have any speed; it is added to the list.
  const speeds = SPEEDS.includes(speed) ? SPEEDS : [speed, ...SPEEDS];
  if (hidden) return null;
  return (
    <label className="labelled speed" {...described(BANDIT_CONTROLS, 'speed')}>
      <span className="control-label">Speed</span>
      <select
        data-testid="speed"
        value={speed === null ? 'full' : String(speed)}
        onChange={(event) => {
          const { value } = event.target;
          session.setSpeed(value === 'full' ? null : Math.min(MAX_SPEED, Number(value)));
        }}
      >
        {speeds.map((value) => (
          <option key={value} value={value === null ? 'full' : String(value)}>
            {value === null ? 'full' : `${value}/s`}
          </option>
        ))}
      </select>
    </label>
  );
}
