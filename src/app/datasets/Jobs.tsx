/** What is on its way, with rate and time left. */
import type { JobProgress } from '../../datasets/library/protocol.ts';
import { formatBytes, formatSeconds } from '../format.ts';
import { useLibrary, type Job } from './library-store.ts';

export function Jobs() {
  const jobs = useLibrary((state) => state.jobs);
  if (jobs.length === 0) return null;
  return (
    <ul className="jobs" aria-label="On their way">
      {jobs.map((job) => (
        <JobLine key={job.id} job={job} />
      ))}
    </ul>
  );
}

const STAGES: Readonly<Record<JobProgress['stage'], string>> = {
  asking: 'Asking for dataset.json',
  checking: 'Checking what is there',
  fetching: 'Fetching',
  hashing: 'Reading the file once, for its hash',
  converting: 'Converting',
};

function JobLine({ job: { order, progress, cancel } }: { job: Job }) {
  const name = progress?.id ?? (order.kind === 'fetch' ? order.address : 'Dataset');
  const stage = progress ? STAGES[progress.stage] : 'Starting';
  const known = progress !== null && progress.totalBytes > 0;
  return (
    <li className="job" data-testid="job">
      <div className="job-head">
        <b className="job-name">{name}</b>
        <button type="button" className="small" data-testid="cancel" aria-label={`Stop ${name}`} onClick={cancel}>
          Stop
        </button>
      </div>
      <progress
        max={known ? progress.totalBytes : 1}
        value={known ? progress.bytes : undefined}
        aria-label={`${stage}: ${name}`}
      />
      <p className="job-words">
        {stage}
        {known && <Amounts progress={progress} />}
      </p>
      {progress?.retrying && (
        <p className="job-words" data-testid="retrying">
          Trying again: {progress.retrying}.
        </p>
      )}
    </li>
  );
}

function Amounts({ progress: { bytes, totalBytes, chunks, rate, secondsLeft } }: { progress: JobProgress }) {
  const parts = [
    `${formatBytes(bytes)} of ${formatBytes(totalBytes)}`,
    ...(chunks ? [`${chunks[0]} of ${chunks[1]} chunks`] : []),
    ...(rate === null ? [] : [`${formatBytes(rate)}/s`]),
    ...(secondsLeft === null ? [] : [`${formatSeconds(Math.ceil(secondsLeft))} left`]),
  ];
  return <>: {parts.join(', ')}</>;
}
