/** The first code of the page: starts the worker and the styles, then the page. */
import './engine-worker.ts';
import '@fontsource-variable/inter/index.css';
import './theme.css';
import './plots/plots.css';
import './styles/base.css';
import './styles/controls.css';
import './styles/menus.css';
import './styles/figure.css';
import './styles/alone.css';
import './styles/dialogs.css';

void import('./main.tsx').then(({ main }) => main());
