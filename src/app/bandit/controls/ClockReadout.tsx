/** How far the run is: steps, and seconds of training. */
import { formatCount, formatSeconds, MISSING } from '../../shared/format.ts';
import { useClock } from '../stores/frame-store.ts';
import { useView } from '../../shared/view-store.ts';

export function ClockReadout() {
  const clock = useClock();
  const test = useView('test');
  return (
    <p className="clock" data-testid="clock">
      <span className="clock-step" data-testid="clock-step">
        {formatCount(clock.step)}
      </span>
      <span className="clock-rest">
        steps <span className="clock-time">· {test ? MISSING : formatSeconds(clock.elapsedSeconds)}</span>
      </span>
    </p>
  );
}
