/**
 * One sentence for every control: its tooltip, its description for screen readers, and its line in the help. A page has
 * those of its own controls in its folder; here are those of controls that several pages show.
 */
export interface ControlText {
  readonly label: string;
  readonly help: string;
  /** The key that does the same. */
  readonly keys?: string;
}

export type ControlTexts = Readonly<Record<string, ControlText>>;

export const SHARED_CONTROLS = {
  theme: { label: 'Theme', help: 'Light, dark, or as your system has it.' },
  help: { label: 'Help', help: 'Lists what every control does, and the keys.', keys: '?' },
  bodyCandidates: {
    label: 'Candidates',
    help: 'Takes one sample of the diffusion policy, or one of fifty: drawn by the softmax of Q, as published, or the best by Q.',
  },
} as const satisfies ControlTexts;

/** Attributes that give a control its sentence. The page's `ControlHelp` must have the same texts. */
export function described<Id extends string>(
  controls: Readonly<Record<Id, ControlText>>,
  id: Id,
): { title: string; 'aria-describedby': string } {
  const { help, keys } = controls[id];
  return { title: keys ? `${help} [${keys}]` : help, 'aria-describedby': `help-${id}` };
}
