/**
 * What each field of an experiment may be. A rule makes both the schema that is tested and the words that say what would
 * be right.
 */
import { z } from 'zod';
import { METHOD_IDS, type MethodId } from '../algorithms/catalogue.ts';
import {
  MAX_MODES,
  MAX_PAINTED,
  MIN_MODES,
  MODE_BOUNDS,
  snapPainted,
  type Mode,
  type PaintedPoint,
} from '../datasets/bandit.ts';
import { EXPERIMENT_BOUNDS } from './experiment.ts';
import type { AnyField, Settings } from './settings.ts';

export interface NumberRule {
  readonly min: number;
  readonly max: number;
  readonly integer: boolean;
  readonly multipleOf?: number | undefined;
}

export const SEED: NumberRule = { ...EXPERIMENT_BOUNDS.seed, integer: true };
export const BUDGET: NumberRule = { ...EXPERIMENT_BOUNDS.budget, integer: true };
export const MODE_KEYS = ['x', 'y', 'sigma', 'reward'] as const;
export const POINT_KEYS = ['x', 'y', 'reward'] as const;
export const MODE_RULES = Object.fromEntries(
  MODE_KEYS.map((key) => [key, { ...MODE_BOUNDS[key], integer: false }]),
) as unknown as Record<keyof Mode, NumberRule>;

export const PLACEMENTS = ['corners', 'diamond', 'custom'] as const;
export const PRESETS = ['paper', 'fast'] as const;
export const RACES = ['steps', 'seconds'] as const;

export const MODE_COUNT = `a list of ${MIN_MODES} to ${MAX_MODES} modes`;
export const PAINTED_COUNT = `a list of at most ${MAX_PAINTED} points`;

export function numberWords({ min, max, integer, multipleOf }: NumberRule): string {
  const kind = multipleOf ? `a multiple of ${multipleOf}` : integer ? 'a whole number' : 'a number';
  return `${kind} from ${min} to ${max}`;
}

export function numberSchema(rule: NumberRule): z.ZodNumber {
  const error = numberWords(rule);
  const bounded = z.number({ error }).min(rule.min, { error }).max(rule.max, { error });
  const whole = rule.integer ? bounded.int({ error }) : bounded;
  return rule.multipleOf ? whole.multipleOf(rule.multipleOf, { error }) : whole;
}

export function choiceWords(options: readonly string[]): string {
  return options.length === 1 ? options[0]! : `${options.slice(0, -1).join(', ')} or ${options.at(-1)!}`;
}

export function choiceSchema<Option extends string>(options: readonly Option[]) {
  return z.enum(options, { error: choiceWords(options) });
}

function optionsOf(field: AnyField & { type: 'choice' }): string[] {
  return field.options.map(({ value }) => value);
}

export function settingRule(field: AnyField & { type: 'integer' | 'number' }): NumberRule {
  return { min: field.min, max: field.max, integer: field.type === 'integer', multipleOf: field.multipleOf };
}

/** What a setting may be, in words: "a whole number from 1 to 100". */
export function settingWords(field: AnyField): string {
  if (field.type === 'choice') return choiceWords(optionsOf(field));
  return field.type === 'flag' ? 'on or off' : numberWords(settingRule(field));
}

/** The schema of one setting; the message of each of its issues is `settingWords`. */
export function settingSchema(field: AnyField): z.ZodType<Settings[keyof Settings]> {
  const schema =
    field.type === 'choice'
      ? choiceSchema(optionsOf(field))
      : field.type === 'flag'
        ? z.boolean({ error: 'on or off' })
        : numberSchema(settingRule(field));
  return schema as z.ZodType<Settings[keyof Settings]>;
}

export function sameModes(a: readonly Mode[], b: readonly Mode[]): boolean {
  return a.length === b.length && a.every((mode, index) => MODE_KEYS.every((key) => mode[key] === b[index]![key]));
}

export function onGrid(point: PaintedPoint): boolean {
  const snapped = snapPainted(point);
  return POINT_KEYS.every((key) => Object.is(snapped[key], point[key]));
}

export function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}

/** The methods in the catalogue's order, each once. */
export function inOrder(methods: readonly MethodId[]): MethodId[] {
  return METHOD_IDS.filter((id) => methods.includes(id));
}
