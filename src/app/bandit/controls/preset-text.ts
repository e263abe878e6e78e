/** A preset's values of a setting as text: "50; 5 with Diffusion-QL". */
import { METHOD_IDS, METHODS, readsSetting, type MethodId } from '../../../bandit/methods.ts';
import { presetSettings, type PresetId } from '../../../bandit/presets.ts';
import type { BanditField, Settings } from '../../../bandit/settings.ts';
import { formatList } from '../../shared/format.ts';

type Value = Settings[keyof Settings];

interface PresetText {
  /** The value of most methods that read the setting. */
  common: Value;
  text: string;
  /** The methods that read the setting. */
  readBy: string;
}

export function valueText(field: BanditField, value: Value): string {
  if (field.type === 'flag') return value ? 'on' : 'off';
  if (field.type === 'choice') return field.options.find((option) => option.value === value)?.label ?? String(value);
  return typeof value === 'number' && Math.abs(value) >= 10_000 ? value.toLocaleString('en-US') : String(value);
}

export function presetText(field: BanditField, preset: PresetId): PresetText {
  const readers = METHOD_IDS.filter((method) => readsSetting(method, field.key));
  const byValue = new Map<Value, MethodId[]>();
  for (const method of readers) {
    const value = presetSettings(preset, method)[field.key];
    byValue.set(value, [...(byValue.get(value) ?? []), method]);
  }
  // The largest group first; among equals the one that comes first in the catalogue.
  const groups = [...byValue].sort((a, b) => b[1].length - a[1].length);
  const [common] = groups[0] ?? [presetSettings(preset, 'diffusion-ql')[field.key]];
  const others = groups
    .slice(1)
    .map(([value, methods]) => `${valueText(field, value)} with ${formatList(methods.map((id) => METHODS[id].name))}`);
  return {
    common,
    text: [valueText(field, common), ...others].join('; '),
    readBy: readers.length === METHOD_IDS.length ? 'all methods' : formatList(readers.map((id) => METHODS[id].name)),
  };
}
