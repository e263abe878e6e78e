/** Labels and help of the controls of the bodies page and of the form that collects data. */
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
    help: 'Pushes the body for a moment. Drag the body to pull it; with the stage chosen, the arrow keys push.',
  },
  bodyView: {
    label: 'View',
    help: 'A picture in space, to be turned by mouse, finger or Shift and the arrow keys; or the plain side.',
  },
  body: { label: 'Body', help: 'The robot; each starts anew.' },
  bodyPolicy: {
    label: 'Policy',
    help: 'What chooses the actions: policies that Diffusion-QL and others trained from data, the behaviour policies that the data were collected with, random actions, or none.',
  },
  bodyCandidates: {
    label: 'Candidates',
    help: 'Takes one draw of the diffusion policy as it is, or one of fifty: drawn by the softmax of Q, as published, or the best by Q.',
  },
  bodyPhysics: {
    label: 'Physics',
    help: 'v2-compatible agrees with the MuJoCo in which D4RL’s data were recorded; the other is MuJoCo as it is today.',
  },
  bodySeed: { label: 'Seed', help: 'Fixes how each episode starts, and random actions. Starts anew.' },
  bodyAfterEnd: {
    label: 'After a fall',
    help: 'When the body has fallen or the time limit has come, the next episode begins, or the end stays in sight.',
  },
  collectBody: { label: 'Body', help: 'Whose data are collected.' },
  collectBehaviour: { label: 'Behaviour', help: 'Who plays, after D4RL’s recipe.' },
  collectSteps: { label: 'Steps', help: 'Rows of the dataset.' },
  collectSeed: { label: 'Seed', help: 'Fixes every episode: the same seed collects the same rows.' },
} as const satisfies Record<string, { label: string; help: string; keys?: string }>;
