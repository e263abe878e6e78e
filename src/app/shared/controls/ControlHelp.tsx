/** The sentences that describe controls to screen readers. */
import { ALL_CONTROLS } from '../copy.ts';

export function ControlHelp() {
  return (
    <div hidden>
      {Object.entries(ALL_CONTROLS).map(([id, control]) => (
        <p key={id} id={`help-${id}`}>
          {control.help}
        </p>
      ))}
    </div>
  );
}
