/** The first code of the page: starts the worker and the styles, then the page. */
import './bandit/engine-worker.ts';
import '@fontsource-variable/inter/index.css';
import './shared/styles/theme.css';
import './bandit/plots/plots.css';
import './shared/styles/base.css';
import './shared/styles/controls.css';
import './shared/styles/menus.css';
import './shared/styles/figure.css';
import './shared/styles/solo.css';
import './shared/styles/dialogs.css';

void import('./main.tsx').then(({ main }) => main());
