/** Text of the datasets page: labels and help of its controls, stages of jobs, ends of episodes. */
import type { JobProgress } from '../../datasets/library/protocol.ts';
import type { ControlTexts } from '../shared/copy.ts';

export const DATASET_CONTROLS = {
  collectBody: { label: 'Body', help: 'The body whose data are collected.' },
  collectBehaviour: { label: 'Behaviour', help: 'The policies that play, after D4RL’s recipe.' },
  collectSteps: { label: 'Steps', help: 'Rows of the dataset.' },
  collectSeed: { label: 'Seed', help: 'Fixes every episode: the same seed collects the same rows.' },
} as const satisfies ControlTexts;

export const JOB_STAGES: Readonly<Record<JobProgress['stage'], string>> = {
  asking: 'Requesting dataset.json',
  checking: 'Checking what is stored',
  fetching: 'Fetching',
  hashing: 'Reading the file to hash it',
  converting: 'Converting',
  collecting: 'Collecting',
  writing: 'Writing',
};

/** What to do about a stopped job. */
export const STOPPED_ADVICE = {
  fetch: '',
  convert: '; give the file again, or remove it',
  collect: '; collect it again, or remove it',
};

export const EPISODE_END_TEXT = {
  terminal: 'ended by the environment',
  timeout: 'cut by the time limit',
  cut: 'cut because the data end',
} as const;
