import { openDialog } from '../stores/dialog-store.ts';
import { setView, useHidden, useView } from '../stores/view-store.ts';
import type { ThemeChoice } from '../view.ts';
import { described } from '../words/controls.ts';
import { EngineBadge } from './EngineBadge.tsx';
import { ExportMenu } from './ExportMenu.tsx';
import { ShareMenu } from './ShareMenu.tsx';

const THEMES: readonly { value: ThemeChoice; label: string }[] = [
  { value: 'auto', label: 'Auto' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
];

export function Header() {
  const theme = useView('theme');
  const engineHidden = useHidden('engine');
  const exportHidden = useHidden('export');
  return (
    <header className="header">
      <div className="header-words">
        <h1>Diffusion-QL Playground</h1>
        <p className="claim">
          Ten methods learn from the same logged data, live in your browser.{' '}
          <a href="https://arxiv.org/abs/2208.06193">Wang, Hunt &amp; Zhou, 2023</a>
        </p>
      </div>
      <div className="header-tools">
        {!engineHidden && <EngineBadge />}
        <label className="quiet select" {...described('theme')}>
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
        <ShareMenu />
        {!exportHidden && <ExportMenu />}
        <button
          type="button"
          className="quiet"
          data-testid="help"
          aria-label="Help"
          {...described('help')}
          onClick={() => openDialog({ kind: 'help' })}
        >
          ?
        </button>
      </div>
    </header>
  );
}
