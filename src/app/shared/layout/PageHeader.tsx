/** The head of the pages beside the bandit's. */
import { setView, useHidden, useView } from '../view-store.ts';
import { PageLinks } from './PageLinks.tsx';
import { ThemeSelect } from './ThemeSelect.tsx';
import { SHARED_CONTROLS, described } from '../copy.ts';

interface PageHeaderProps {
  /** What the page is, in a sentence. */
  claim: string;
  /** Opens its help, where it has one. */
  onHelp?: () => void;
}

export function PageHeader({ claim, onHelp }: PageHeaderProps) {
  const hidden = useHidden('header');
  const tables = useView('tables');
  if (hidden) return null;
  return (
    <header className="header">
      <div className="header-words">
        <h1>Diffusion-QL Playground</h1>
        <PageLinks />
        <p className="claim">{claim}</p>
      </div>
      <div className="header-tools">
        <label className="labelled tables-switch">
          <input type="checkbox" checked={tables} onChange={() => setView({ tables: !tables })} />
          Tables in place of plots
        </label>
        <ThemeSelect />
        {onHelp && (
          <button
            type="button"
            className="quiet"
            data-testid="help"
            aria-label="Help"
            {...described(SHARED_CONTROLS, 'help')}
            onClick={onHelp}
          >
            ?
          </button>
        )}
      </div>
    </header>
  );
}
