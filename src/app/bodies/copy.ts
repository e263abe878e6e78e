/** Text of the bodies page: labels and help of its controls. */
import type { ControlTexts } from '../shared/copy.ts';

export const BODY_CONTROLS = {
  bodyPlay: { label: 'Play', help: 'Lets the body move in real time, or pauses it.', keys: 'Space' },
  bodyStep: { label: 'Step', help: 'Takes one step of the environment and pauses.', keys: 'S' },
  bodyRestart: {
    label: 'Restart',
    help: 'Goes back to the start of the first episode; the same seed replays the same run.',
    keys: 'R',
  },
  bodySpeed: { label: 'Speed', help: 'Real time, or slow motion.' },
  bodyPush: {
    label: 'Push',
    help: 'Pushes the body briefly. Drag the body to pull it; with the stage focused, the arrow keys push.',
  },
  bodyView: {
    label: 'View',
    help: 'The 3D view, which mouse, finger or Shift and the arrow keys turn; or the side view.',
  },
  body: { label: 'Body', help: 'The robot. A change restarts the run.' },
  bodyPolicy: {
    label: 'Policy',
    help: 'What chooses the actions: policies that Diffusion-QL and others trained from data, the behaviour policies that the data were collected with, random actions, or none.',
  },
  bodyPhysics: {
    label: 'Physics',
    help: 'v2-compatible agrees with the MuJoCo in which D4RL’s data were recorded; the other is MuJoCo as it is today.',
  },
  bodySeed: { label: 'Seed', help: 'Fixes how each episode starts, and random actions. A change restarts the run.' },
  bodyAfterEnd: {
    label: 'After a fall',
    help: 'After a fall or the time limit, the next episode starts, or the body stays as it is.',
  },
} as const satisfies ControlTexts;
