/** Running jobs, with their rate and remaining time. */
import type { JobProgress } from '../../datasets/library/protocol.ts';
import { formatBytes, formatCount, formatSeconds } from '../shared/format.ts';
import { JOB_STAGES } from './copy.ts';
import { useLibrary, type LibraryJob } from '../shared/library/library-store.ts';

export function Jobs() {
  const jobs = useLibrary((state) => state.jobs);
  if (jobs.length === 0) return null;
  return (
    <ul className="jobs" aria-label="Running jobs">
      {jobs.map((job) => (
        <JobLine key={job.id} job={job} />
      ))}
    </ul>
  );
}

function JobLine({ job: { order, progress, cancel } }: { job: LibraryJob }) {
  const name =
    progress?.id ?? (order.kind === 'fetch' ? order.address : order.kind === 'collect' ? 'Collection' : 'Dataset');
  const stage = progress ? JOB_STAGES[progress.stage] : 'Starting';
  const known = progress !== null && progress.total > 0;
  return (
    <li className="job" data-testid="job">
      <div className="job-head">
        <b className="job-name">{name}</b>
        <button type="button" className="small" data-testid="cancel" aria-label={`Stop ${name}`} onClick={cancel}>
          Stop
        </button>
      </div>
      <progress
        max={known ? progress.total : 1}
        value={known ? progress.done : undefined}
        aria-label={`${stage}: ${name}`}
      />
      <p className="job-text">
        {stage}
        {known && <Amounts progress={progress} />}
      </p>
      {progress?.retrying && (
        <p className="job-text" data-testid="retrying">
          Trying again: {progress.retrying}.
        </p>
      )}
    </li>
  );
}

function Amounts({ progress: { unit, done, total, chunks, rate, secondsLeft } }: { progress: JobProgress }) {
  const write = unit === 'bytes' ? formatBytes : formatCount;
  const parts = [
    `${write(done)} of ${write(total)}${unit === 'rows' ? ' steps' : ''}`,
    ...(chunks ? [`${chunks[0]} of ${chunks[1]} chunks`] : []),
    ...(rate === null ? [] : [`${write(rate)}/s`]),
    ...(secondsLeft === null ? [] : [`${formatSeconds(Math.ceil(secondsLeft))} left`]),
  ];
  return <>: {parts.join(', ')}</>;
}
