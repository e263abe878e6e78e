/** The command that trains the run of the page without a page. */
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
 * @param seeds number of seeds: the experiment's, and those after it
 */
export function labCommand(experiment: Experiment, method: MethodId, seeds = 1): string {
  const { data, preset, settings, seed, budget } = experiment;
  const args = ['npm', 'run', '--silent', 'lab', '--', 'bandit', '--method', method, '--preset', preset];
  // A single argument, since modes may start with a minus sign.
  if (data.placement === 'custom') args.push(`--modes=${modesText(data.modes)}`);
  else args.push('--placement', data.placement);
  if (data.painted.length > 0) args.push(`--painted=${encodePainted(data.painted)}`);
  args.push('--steps', String(budget));
  if (seeds > 1) args.push('--seeds', seedsText(seedsFrom(seed, seeds)));
  else args.push('--seed', String(seed));
  for (const field of SETTING_FIELDS) {
    const value = settings[field.key];
    if (value !== undefined) args.push(`--${field.name}`, settingText(value));
  }
  return args.map(shellQuoted).join(' ');
}

/** A range if the seeds are consecutive; the largest seed is followed by 0. */
function seedsText(seeds: readonly number[]): string {
  const [first, last] = [seeds[0] ?? 0, seeds.at(-1) ?? 0];
  return last > first ? `${first}..${last}` : seeds.join(',');
}

function shellQuoted(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
