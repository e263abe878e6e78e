import { openDialog } from '../stores/dialog-store.ts';
import { useHidden } from '../../shared/view-store.ts';
import { EngineBadge } from './EngineBadge.tsx';
import { ExportMenu } from './ExportMenu.tsx';
import { PageLinks } from '../../shared/layout/PageLinks.tsx';
import { ShareMenu } from './ShareMenu.tsx';
import { ThemeSelect } from '../../shared/layout/ThemeSelect.tsx';
import { BANDIT_CONTROLS } from '../copy.ts';
import { described } from '../../shared/copy.ts';

export function Header() {
  const engineHidden = useHidden('engine');
  const exportHidden = useHidden('export');
  return (
    <header className="header">
      <div className="header-words">
        <h1>Diffusion-QL Playground</h1>
        <PageLinks />
        <p className="claim">
          Ten methods, the same data. <a href="https://arxiv.org/abs/2208.06193">Wang, Hunt &amp; Zhou, 2023</a>
        </p>
      </div>
      <div className="header-tools">
        {!engineHidden && <EngineBadge />}
        <ThemeSelect />
        <ShareMenu />
        {!exportHidden && <ExportMenu />}
        <button
          type="button"
          className="quiet"
          data-testid="help"
          aria-label="Help"
          {...described(BANDIT_CONTROLS, 'help')}
          onClick={() => openDialog({ kind: 'help' })}
        >
          ?
        </button>
      </div>
    </header>
  );
}
