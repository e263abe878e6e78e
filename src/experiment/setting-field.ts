/** A row of a table of settings. Form, link, command line and schema are made from such rows. */

/** The value of a setting. */
export type SettingScalar = string | number | boolean;

interface RowBase {
  /** Name in the link and on the command line (`--name`). */
  readonly name: string;
  readonly label: string;
  /** One sentence: what it does. */
  readonly help: string;
  readonly group: 'optimisation' | 'diffusion' | 'improvement' | 'acting' | 'baselines';
  /** Acts on a running experiment at once; otherwise a change restarts the run. */
  readonly live: boolean;
}

interface NumberRow extends RowBase {
  readonly type: 'integer' | 'number';
  readonly min: number;
  readonly max: number;
  /** Step of a form's spinner; on a logarithmic slider a factor. */
  readonly step: number;
  readonly scale?: 'linear' | 'log';
  /** The value is a multiple of this. */
  readonly multipleOf?: number;
}

interface ChoiceRow extends RowBase {
  readonly type: 'choice';
  readonly options: readonly { readonly value: string; readonly label: string }[];
}

interface FlagRow extends RowBase {
  readonly type: 'flag';
}

/** A row of a table, where its name is the setting's key. */
export type SettingSpec = NumberRow | ChoiceRow | FlagRow;

/** A row whose published value is `paper`. */
export type PublishedSpec =
  (NumberRow & { paper: number }) | (ChoiceRow & { paper: string }) | (FlagRow & { paper: boolean });

/** A row with its key. */
export type SettingField<Key extends string = string> = SettingSpec & { readonly key: Key };
export type NumberField = NumberRow & { readonly key: string };

/** The values that a table's rows allow, by key. */
export type SettingsOf<Rows extends Readonly<Record<string, SettingSpec>>> = {
  -readonly [Key in keyof Rows]: ValueOf<Rows[Key]>;
};

type ValueOf<Row> = Row extends { type: 'choice'; options: readonly { value: infer Value }[] }
  ? Value
  : Row extends { type: 'flag' }
    ? boolean
    : number;

/** The rows of a table, in its order. */
export function fieldsOf<Rows extends Readonly<Record<string, SettingSpec>>>(
  rows: Rows,
): readonly SettingField<keyof Rows & string>[] {
  return Object.entries(rows).map(([key, row]) => ({ key, ...row }));
}

/** The published value of each row. */
export function paperValues<Rows extends Readonly<Record<string, PublishedSpec>>>(rows: Rows): SettingsOf<Rows> {
  return Object.fromEntries(Object.entries(rows).map(([key, { paper }]) => [key, paper])) as SettingsOf<Rows>;
}

/** A setting's value as text: a number, an option's name, `on` or `off`. */
export function settingText(value: SettingScalar): string {
  return typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value);
}

/** The value of a text. A text that is no value of the row is returned unchanged, and the schema refuses it. */
export function parseSetting(row: SettingSpec, text: string): SettingScalar {
  if (row.type === 'choice') return text;
  if (row.type !== 'flag') return parseNumber(text);
  if (['on', 'true', '1'].includes(text)) return true;
  return ['off', 'false', '0'].includes(text) ? false : text;
}

/** A decimal number, or the text itself if it is none. */
export function parseNumber(text: string): number | string {
  const plain = text.trim();
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain) ? Number(plain) : text;
}
