/** What the one button does. */
import { storedKey, type DataChoice } from './data-choices.ts';
import { candidatesWanted } from './form-store.ts';
import { begin, goOn, pause, trainingStore } from './training.ts';

/** Trains, pauses, or goes on, whichever is next. @param data what a run that begins learns from. */
export async function press(data: DataChoice | null): Promise<void> {
  const { status, run } = trainingStore.getState();
  if (status === 'opening' || status === 'finished') return;
  if (status === 'running') await pause();
  else if (run) await goOn();
  else if (data) {
    trainingStore.setState({ status: 'opening', trouble: null });
    try {
      await begin(await storedKey(data), candidatesWanted());
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      trainingStore.setState({ status: 'idle', trouble: { what: 'The dataset could not be fetched.', why } });
    }
  }
}
