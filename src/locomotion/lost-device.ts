/** A run's events on a device that may go away. */
import { onDeviceLost } from '../tensor/backend.ts';
import type { TrainingEvent } from './training-protocol.ts';

type Tell = (event: TrainingEvent) => void;

/** How long a failure waits for the news that the device is gone. */
const LOSS_NEWS_MS = 250;

/** Tells of a lost device in place of the failures that it causes: a read fails before the loss is told. */
export function toldOfLoss(tell: Tell): Tell {
  let lost = false;
  onDeviceLost((reason) => {
    lost = true;
    tell({ type: 'lost', message: `The GPU went away (${reason}).` });
  });
  return (event) => {
    if (event.type !== 'failed') tell(event);
    else setTimeout(() => !lost && tell(event), LOSS_NEWS_MS);
  };
}
