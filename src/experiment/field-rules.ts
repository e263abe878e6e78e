/** Rules for the fields of an experiment. A rule gives both the schema and the text that says what would be valid. */
import { z } from 'zod';
import type { SettingField, SettingScalar } from './setting-field.ts';

export interface NumberRule {
  readonly min: number;
  readonly max: number;
  readonly integer: boolean;
  readonly multipleOf?: number | undefined;
}

export function describeNumber({ min, max, integer, multipleOf }: NumberRule): string {
  const kind = multipleOf ? `a multiple of ${multipleOf}` : integer ? 'a whole number' : 'a number';
  return `${kind} from ${min} to ${max}`;
}

export function numberSchema(rule: NumberRule): z.ZodNumber {
  const error = describeNumber(rule);
  const bounded = z.number({ error }).min(rule.min, { error }).max(rule.max, { error });
  const whole = rule.integer ? bounded.int({ error }) : bounded;
  return rule.multipleOf ? whole.multipleOf(rule.multipleOf, { error }) : whole;
}

export function describeChoice(options: readonly string[]): string {
  return options.length === 1 ? options[0]! : `${options.slice(0, -1).join(', ')} or ${options.at(-1)!}`;
}

export function choiceSchema<Option extends string>(options: readonly Option[]) {
  return z.enum(options, { error: describeChoice(options) });
}

function optionsOf(field: SettingField & { type: 'choice' }): string[] {
  return field.options.map(({ value }) => value);
}

export function settingRule(field: SettingField & { type: 'integer' | 'number' }): NumberRule {
  return { min: field.min, max: field.max, integer: field.type === 'integer', multipleOf: field.multipleOf };
}

/** What a setting may be, as text: "a whole number from 1 to 100". */
export function describeSetting(field: SettingField): string {
  if (field.type === 'choice') return describeChoice(optionsOf(field));
  return field.type === 'flag' ? 'on or off' : describeNumber(settingRule(field));
}

/** The schema of one setting; the message of each of its issues is `describeSetting`. */
export function settingSchema(field: SettingField): z.ZodType<SettingScalar> {
  const schema =
    field.type === 'choice'
      ? choiceSchema(optionsOf(field))
      : field.type === 'flag'
        ? z.boolean({ error: 'on or off' })
        : numberSchema(settingRule(field));
  return schema as z.ZodType<SettingScalar>;
}

export function sameItems(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}

export const MAX_SEED = 0xffffffff;
