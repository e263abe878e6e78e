/** Labels and help of the bandit page's controls. Those of the settings drawer are in the table of settings. */
import { SHARED_CONTROLS, type ControlTexts } from '../shared/copy.ts';
import type { HideableId } from '../shared/view.ts';

export const BANDIT_CONTROLS = {
  play: { label: 'Play', help: 'Trains every method from scratch on your machine, or pauses.', keys: 'Space' },
  step: { label: 'Step', help: 'Runs one gradient step of every method and pauses.', keys: 'S' },
  reset: { label: 'Reset', help: 'Goes back to step 0; the same seed replays the same run.', keys: 'R' },
  speed: { label: 'Speed', help: 'The most steps that each method runs in a second; acts at once.' },
  eta: {
    label: 'η',
    help: 'Weight of the Q term against staying near the data: 0 clones, more climbs; acts at once.',
  },
  snapshot: {
    label: 'Training time',
    help: 'Shows an earlier snapshot of the run in every panel; training itself does not change.',
  },
  denoise: {
    label: 'Denoising',
    help: 'Moves every diffusion policy through its reverse process, from noise (t = T) to actions (t = 0).',
  },
  preset: {
    label: 'Preset',
    help: 'Fast shows the finished figure in minutes; as in the paper uses the published settings and 100,000 steps. Restarts the run.',
  },
  placement: {
    label: 'Data',
    help: 'Where the four Gaussians of the data are; custom is what you drag and paint. Restarts the run.',
  },
  race: {
    label: 'Race by',
    help: 'Steps: every method has run the same number, on the same batches. Seconds: every method has had the same time. Restarts the run.',
  },
  budget: { label: 'Budget', help: 'Gradient steps after which each method stops; acts at once.' },
  seed: { label: 'Seed', help: 'Fixes the data, the batches and every random draw. Restarts the run.' },
  dice: { label: 'New seed', help: 'Draws another seed and restarts the run.' },
  settings: { label: 'All settings', help: 'Opens every hyperparameter with its meaning and its bounds.' },
  engine: { label: 'Engine', help: 'What computes: your GPU through WebGPU, or WebAssembly, or plain JavaScript.' },
  theme: SHARED_CONTROLS.theme,
  share: { label: 'Link', help: 'Copies a link to this experiment and this view.' },
  export: {
    label: 'Export',
    help: 'Saves the figure, the metrics or the weights, or copies the command that repeats this run.',
  },
  help: SHARED_CONTROLS.help,
  tables: { label: 'Tables', help: 'Shows tables of numbers in place of plots.' },
  about: { label: 'About the method', help: 'Opens a short text about the method, with its loss.' },
  solo: { label: 'Open alone', help: 'Shows one method large, with its curves and its denoising.', keys: '1–9, 0' },
  toggle: { label: 'Switch off', help: 'Leaves the method out of the run, or adds it again from step 0.' },
  edit: { label: 'Edit the data', help: 'Moves, adds and removes modes, and paints points. Restarts the run.' },
  quantity: { label: 'Curve', help: 'The quantity that the chart draws.' },
  axis: { label: 'Against', help: 'Draws curves against gradient steps, or against seconds of training.' },
  seeds: {
    label: 'Seeds',
    help: 'Trains the open method with the next seeds too, while the run is paused: curves then show the mean of all seeds, and its interval.',
  },
  back: { label: 'All methods', help: 'Goes back to the whole figure.', keys: 'Esc' },
  addMode: {
    label: 'Add a mode',
    help: 'Puts a Gaussian at the emptiest place; a double click puts it anywhere.',
    keys: 'N',
  },
  removeMode: { label: 'Remove', help: 'Removes the selected Gaussian from the data.', keys: 'Delete' },
  paint: { label: 'Paint', help: 'Draws points into the data, each with the reward of the brush.' },
  erase: { label: 'Erase', help: 'Removes painted points.' },
  move: { label: 'Move', help: 'Drags a mode; the arrow keys move the one that has the focus.' },
  clearPaint: { label: 'Clear the paint', help: 'Removes every painted point.' },
  brushReward: { label: 'Reward of the brush', help: 'The reward that painted points carry.' },
  importWeights: {
    label: 'Import weights',
    help: 'Loads a safetensors file into one method; a file may be dropped on the page too.',
  },
} as const satisfies ControlTexts;

/** What `hide=` in a link can hide. */
export const HIDEABLE_LABELS: Readonly<Record<HideableId, string>> = {
  header: 'the header',
  setup: 'data, preset, race, budget and seed',
  settings: 'the drawer of settings',
  speed: 'speed',
  eta: 'the η slider',
  time: 'training time',
  denoising: 'denoising',
  data: 'editing of the data',
  curves: 'curves',
  q: 'Q landscapes',
  metrics: 'numbers under the panels',
  export: 'export and import',
  engine: 'the engine',
};
