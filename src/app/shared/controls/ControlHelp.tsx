/** The sentences that describe controls to screen readers: those of the page, and those that all pages share. */
import { SHARED_CONTROLS, type ControlText, type ControlTexts } from '../copy.ts';

export function ControlHelp({ controls }: { controls: ControlTexts }) {
  return (
    <div hidden>
      {Object.entries<ControlText>({ ...SHARED_CONTROLS, ...controls }).map(([id, { help }]) => (
        <p key={id} id={`help-${id}`}>
          {help}
        </p>
      ))}
    </div>
  );
}
