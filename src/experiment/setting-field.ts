/** A row of a table of settings. The form, the link, the command line and the validation are made from such rows. */

/** The value of a setting. */
export type SettingValue = string | number | boolean;

export interface FieldBase<Key extends string, Method extends string> {
  readonly key: Key;
  /** Name in the link and on the command line (`--name`). */
  readonly name: string;
  readonly label: string;
  /** One sentence: what it does. */
  readonly help: string;
  readonly group: 'optimisation' | 'diffusion' | 'improvement' | 'acting' | 'baselines';
  /** Acts on a running experiment at once; otherwise a change restarts the run. */
  readonly live: boolean;
  /** The methods that read it. */
  readonly methods: 'all' | readonly Method[];
}

export interface NumberField<Key extends string = string, Method extends string = string> extends FieldBase<
  Key,
  Method
> {
  readonly type: 'integer' | 'number';
  readonly min: number;
  readonly max: number;
  /** Step of a form's spinner; on a logarithmic slider a factor. */
  readonly step: number;
  readonly scale?: 'linear' | 'log';
  /** The value is a multiple of this. */
  readonly multipleOf?: number;
}

export interface ChoiceField<Key extends string = string, Method extends string = string> extends FieldBase<
  Key,
  Method
> {
  readonly type: 'choice';
  readonly options: readonly { readonly value: string; readonly label: string }[];
}

export interface FlagField<Key extends string = string, Method extends string = string> extends FieldBase<Key, Method> {
  readonly type: 'flag';
}

/** A row of a table of settings: of the bandit's, or of another with keys and methods of its own. */
export type SettingField<Key extends string = string, Method extends string = string> =
  NumberField<Key, Method> | ChoiceField<Key, Method> | FlagField<Key, Method>;

/** A setting's value as text: a number, an option's name, `on` or `off`. */
export function settingText(value: SettingValue): string {
  return typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value);
}
