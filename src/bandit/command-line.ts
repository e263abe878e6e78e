/** The command that trains, without a page, what the page shows. */
import type { MethodId } from './methods.ts';
import { encodePainted } from '../datasets/bandit.ts';
import { modesText } from './link.ts';
import { settingText } from '../experiment/setting-field.ts';
import { seedsFrom, type Experiment } from './experiment.ts';
import { SETTING_FIELDS } from './settings.ts';

/**
 * The `lab` command that trains one method of an experiment with the same data, settings, seed and number of steps,
 * quoted for a POSIX shell.
 *
 * @param seeds how many in all: the experiment's, and those after it
 */
export function labCommand(experiment: Experiment, method: MethodId, seeds = 1): string {
  const { data, preset, settings, seed, budget } = experiment;
  const words = ['npm', 'run', '--silent', 'lab', '--', 'bandit', '--method', method, '--preset', preset];
  // One word, since modes may start with a minus sign.
  if (data.placement === 'custom') words.push(`--modes=${modesText(data.modes)}`);
  else words.push('--placement', data.placement);
  if (data.painted.length > 0) words.push(`--painted=${encodePainted(data.painted)}`);
  words.push('--steps', String(budget));
  if (seeds > 1) words.push('--seeds', seedsText(seedsFrom(seed, seeds)));
  else words.push('--seed', String(seed));
  for (const field of SETTING_FIELDS) {
    const value = settings[field.key];
    if (value !== undefined) words.push(`--${field.name}`, settingText(value));
  }
  return words.map(shellQuoted).join(' ');
}

/** A range where they follow on each other: after the last seed comes 0. */
function seedsText(seeds: readonly number[]): string {
  const [first, last] = [seeds[0] ?? 0, seeds.at(-1) ?? 0];
  return last > first ? `${first}..${last}` : seeds.join(',');
}

function shellQuoted(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
