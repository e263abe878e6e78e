/** What can be done with stored runs: show, export, import, delete. */
import { askRuns } from './training-client.ts';
import { locomotionStore } from './locomotion-store.ts';
import { setView } from '../shared/view-store.ts';
import { closeRun } from './training.ts';
import { NOTHING_OPEN, refreshRuns, reportRunError, trainingStore } from './training-store.ts';

/** Shows a stored run. */
export async function showRun(key: string): Promise<void> {
  if (trainingStore.getState().run?.key === key) return;
  await closeRun();
  const run = trainingStore.getState().runs?.find((each) => each.key === key);
  if (!run) {
    reportRunError(
      'The run could not be opened.',
      new Error('The run that the link names is not stored in this browser.'),
    );
    return;
  }
  locomotionStore.setState(run.experiment, true);
  trainingStore.setState({
    ...NOTHING_OPEN,
    run,
    status: run.step >= run.experiment.budget ? 'finished' : 'stored',
    saved: run.step,
  });
  setView({ run: key });
}

/** The policy of the run's best evaluation, as a file. @throws Error if none is stored. */
export function bestPolicyOf(key: string): Promise<Uint8Array> {
  return askRuns((library) => library.best(key));
}

/** Stores a checkpoint file as a run, and shows it. */
export async function importCheckpoint(file: File): Promise<void> {
  trainingStore.setState({ error: null, note: null });
  try {
    const bytes = new Uint8Array(await file.arrayBuffer());
    const { run, differences } = await askRuns((library) => library.take(bytes, locomotionStore.getState()));
    await refreshRuns();
    await showRun(run.key);
    const other =
      differences.length > 0
        ? ` Its experiment differs from the one in the form (${differences.join('; ')}); the form shows it now.`
        : '';
    trainingStore.setState({
      note: `${file.name} is stored as a run of its own, at step ${run.step.toLocaleString('en-US')}.${other}`,
    });
  } catch (error) {
    reportRunError(`${file.name} could not be imported.`, error);
  }
}

export async function removeRun(key: string): Promise<void> {
  try {
    if (trainingStore.getState().run?.key === key) await closeRun();
    await askRuns((library) => library.remove(key));
    trainingStore.setState({ announcement: 'The run was deleted.' });
  } catch (error) {
    reportRunError('The run could not be deleted.', error);
  }
  await refreshRuns();
}
