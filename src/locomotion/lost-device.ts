/** Reports of a lost GPU device. */
import { onDeviceLost } from '../tensor/backend.ts';
import type { TrainingEvent } from './training-protocol.ts';

type Notify = (event: TrainingEvent) => void;

/** How long a failure is held back, in case the loss of the device caused it. */
const LOSS_GRACE_MS = 250;

/** Replaces failures that a lost device causes by one `lost` event. A read may fail before the loss is reported. */
export function reportLostDevice(notify: Notify): Notify {
  let lost = false;
  onDeviceLost((reason) => {
    lost = true;
    notify({ type: 'lost', message: `The GPU went away (${reason}).` });
  });
  return (event) => {
    if (event.type !== 'failed') notify(event);
    else setTimeout(() => !lost && notify(event), LOSS_GRACE_MS);
  };
}
