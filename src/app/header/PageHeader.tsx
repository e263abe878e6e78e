/** The head of the pages beside the bandit's. */
import { setView, useHidden, useView } from '../stores/view-store.ts';
import { PageLinks } from './PageLinks.tsx';
import { ThemeSelect } from './ThemeSelect.tsx';

/** @param claim what the page is, in a sentence. */
export function PageHeader({ claim }: { claim: string }) {
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
      </div>
    </header>
  );
}
