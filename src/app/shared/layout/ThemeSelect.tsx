import { setView, useView } from '../view-store.ts';
import type { ThemeChoice } from '../view.ts';
import { SHARED_CONTROLS, described } from '../copy.ts';

const THEMES: readonly { value: ThemeChoice; label: string }[] = [
  { value: 'auto', label: 'Auto' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
];

export function ThemeSelect() {
  const theme = useView('theme');
  return (
    <label className="quiet select" {...described(SHARED_CONTROLS, 'theme')}>
      <span className="visually-hidden">Theme</span>
      <select
        value={theme}
        data-testid="theme"
        onChange={(event) => setView({ theme: event.target.value as ThemeChoice })}
      >
        {THEMES.map(({ value, label }) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </select>
    </label>
  );
}
