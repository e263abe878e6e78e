/** One sentence for every control of the page of locomotion. */
export const LOCOMOTION_CONTROLS = {
  train: {
    label: 'Train',
    help: 'Trains on this machine, pauses, or goes on from the last checkpoint.',
    keys: 'Space',
  },
  newRun: { label: 'New run', help: 'Saves and closes this run, which stays in the list; the form is free again.' },
  locoTask: { label: 'Task', help: 'The body, and the behaviour whose data are learned from.' },
  locoMethod: { label: 'Algorithm', help: 'What learns: each differs from the others in its policy or its critic.' },
  locoPreset: {
    label: 'Preset',
    help: 'Small is for a machine without a GPU; paper has the published hyperparameters, for a GPU.',
  },
  locoData: {
    label: 'Data',
    help: 'What is learned from: a dataset of this browser, or one that comes with the page.',
  },
  locoSeed: { label: 'Seed', help: 'Fixes weights, batches, noise and the episodes of evaluations.' },
  locoSteps: { label: 'Steps', help: 'Gradient steps of the whole run.' },
  locoEvery: { label: 'Evaluate every', help: 'Gradient steps between two evaluations in the body.' },
  locoEpisodes: { label: 'Episodes', help: 'Episodes of each evaluation.' },
  locoMany: {
    label: 'Also with 50 candidates',
    help: 'Evaluates Diffusion-QL also as published: of 50 sampled actions one is drawn by its Q. Takes some fifty times as long.',
  },
  locoSettings: { label: 'Settings', help: 'Opens every hyperparameter with its meaning and its bounds.' },
  locoHidden: {
    label: 'Go on while this tab is hidden',
    help: 'Otherwise the run pauses while another tab is in front. Browsers slow hidden tabs down.',
  },
  locoImport: { label: 'Import a checkpoint', help: 'Takes a safetensors file of a run, from here or from lab train.' },
  locoCommand: { label: 'Copy the lab command', help: 'The command that trains the same without a page.' },
} as const satisfies Record<string, { label: string; help: string; keys?: string }>;
