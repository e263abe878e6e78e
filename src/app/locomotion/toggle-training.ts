/** The action of the train button. */
import { storedKeyOf, type DataChoice } from './data-choices.ts';
import { formCandidates } from './form-store.ts';
import { trainingStore } from './training-store.ts';
import { startRun, resumeRun, pauseRun } from './training.ts';

/** Starts, pauses or resumes training. @param data the dataset of a new run. */
export async function toggleTraining(data: DataChoice | null): Promise<void> {
  const { status, run } = trainingStore.getState();
  if (status === 'opening' || status === 'finished') return;
  if (status === 'running') await pauseRun();
  else if (run) await resumeRun();
  else if (data) {
    trainingStore.setState({ status: 'opening', error: null });
    try {
      await startRun(await storedKeyOf(data), formCandidates());
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      trainingStore.setState({ status: 'idle', error: { what: 'The dataset could not be fetched.', why } });
    }
  }
}
