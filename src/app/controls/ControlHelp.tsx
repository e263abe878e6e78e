/** The sentences that describe controls to screen readers. */
import { CONTROLS } from '../words/controls.ts';

export function ControlHelp() {
  return (
    <div hidden>
      {Object.entries(CONTROLS).map(([id, control]) => (
        <p key={id} id={`help-${id}`}>
          {control.help}
        </p>
      ))}
    </div>
  );
}
