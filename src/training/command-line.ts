/** The command that trains, without a page, what the page shows. */
import type { MethodId } from '../algorithms/catalogue.ts';
import { encodePainted } from '../datasets/bandit.ts';
import { modesText, settingText } from './experiment-link.ts';
import type { Experiment } from './experiment.ts';
import { SETTING_FIELDS } from './settings.ts';

/**
 * The `lab` command that trains one method of an experiment with the same data, settings, seed and number of steps,
 * quoted for a POSIX shell.
 */
export function labCommand(experiment: Experiment, method: MethodId): string {
  const { data, preset, settings, seed, budget } = experiment;
  const words = ['npm', 'run', '--silent', 'lab', '--', 'bandit', '--method', method, '--preset', preset];
  // One word, since modes may start with a minus sign.
  if (data.placement === 'custom') words.push(`--modes=${modesText(data.modes)}`);
  else words.push('--placement', data.placement);
  if (data.painted.length > 0) words.push(`--painted=${encodePainted(data.painted)}`);
  words.push('--steps', String(budget), '--seed', String(seed));
  for (const field of SETTING_FIELDS) {
    const value = settings[field.key];
    if (value !== undefined) words.push(`--${field.name}`, settingText(value));
  }
  return words.map(shellQuoted).join(' ');
}

function shellQuoted(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
