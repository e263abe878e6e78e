/** Text of the locomotion page: labels and help of its controls, terms for its help. */
import type { ControlTexts } from '../shared/copy.ts';

export const LOCOMOTION_CONTROLS = {
  train: {
    label: 'Train',
    help: 'Trains on this machine, pauses, or resumes from the last checkpoint.',
    keys: 'Space',
  },
  newRun: {
    label: 'New run',
    help: 'Saves and closes this run, which stays in the list; the form can be edited again.',
  },
  locoTask: { label: 'Task', help: 'The body, and the behaviour that collected the data.' },
  locoMethod: { label: 'Algorithm', help: 'The learning algorithm; they differ in their policy or their critic.' },
  locoPreset: {
    label: 'Preset',
    help: 'Small is for a machine without a GPU; paper has the published hyperparameters, for a GPU.',
  },
  locoData: {
    label: 'Data',
    help: 'The dataset to learn from: one of this browser, or one that comes with the page.',
  },
  locoSeed: { label: 'Seed', help: 'Fixes weights, batches, noise and the episodes of evaluations.' },
  locoSteps: { label: 'Steps', help: 'Gradient steps of the whole run.' },
  locoEvery: { label: 'Evaluate every', help: 'Gradient steps between two evaluations in the body.' },
  locoEpisodes: { label: 'Episodes', help: 'Episodes of each evaluation.' },
  locoMany: {
    label: 'Also with 50 candidates',
    help: 'Evaluates Diffusion-QL also as published: of 50 sampled actions one is drawn by its Q. Takes some fifty times as long.',
  },
  locoSettings: { label: 'Settings', help: 'Shows every hyperparameter with its meaning and its bounds.' },
  locoHidden: {
    label: 'Continue while this tab is hidden',
    help: 'Otherwise the run pauses while another tab is in front. Browsers slow hidden tabs down.',
  },
  locoImport: {
    label: 'Import a checkpoint',
    help: 'Imports a safetensors file of a run, from here or from lab train.',
  },
  locoCommand: { label: 'Copy the lab command', help: 'The command that trains the same without a page.' },
} as const satisfies ControlTexts;

export const LOCOMOTION_TERMS = [
  {
    label: 'Normalised score',
    help: 'D4RL’s: 0 is the mean return of random actions in this body, 100 that of D4RL’s expert. The band is a 95 % interval over the episodes of the evaluation.',
  },
  {
    label: 'Candidates',
    help: 'Actions that the policy draws for a state. With 1 it takes what it draws; with 50 one of them, the likelier the higher its Q.',
  },
  {
    label: 'Last, best',
    help: 'The best evaluation was chosen by playing in the body, which offline learning may not do; the last was not.',
  },
  {
    label: 'Offline selection',
    help: 'An evaluation that was chosen without playing: by its cloning loss alone, the k-th lowest, with the published k of the task.',
  },
  {
    label: 'Cloning loss',
    help: 'How far the policy is from the actions of the data.',
  },
  {
    label: 'Q loss',
    help: 'What the critic thinks of the policy’s own actions, with its sign turned: the policy climbs Q as this falls.',
  },
  {
    label: 'Target Q',
    help: 'What the critic learns to predict: the discounted return to come. Where it grows without end, the critic diverges.',
  },
  {
    label: 'From noise to the next action',
    help: 'The policy starts from noise at t = T and denoises it to an action at t = 0, joint by joint; beside it, what the data did in the states most like this one.',
  },
] as const;
