/** Says that the figure shows a finished run, until the user starts one. */
import { useRun } from '../stores/run-store.ts';

export function ShippedNote() {
  const state = useRun('state');
  if (state !== 'showing-pretrained') return null;
  return (
    <p className="shipped-note" data-testid="shipped-note">
      This is a finished run, drawn from weights shipped with the page. <b>Play</b> starts from scratch, on your
      machine.
    </p>
  );
}
