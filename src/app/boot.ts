/** The first code of the page: starts the workers, then loads the styles and the page. */
import './bandit/engine-worker.ts';
import '@fontsource-variable/inter/index.css';
import './shared/styles/theme.css';
import './bandit/plots/styles/plot-colors.css';
import './bandit/plots/styles/fields.css';
import './bandit/plots/styles/curves.css';
import './bandit/plots/styles/tables.css';
import './bandit/plots/styles/scrubbers.css';
import './bandit/plots/styles/data-editor.css';
import './shared/styles/base.css';
import './shared/styles/controls.css';
import './shared/styles/menus.css';
import './shared/styles/figure.css';
import './shared/styles/solo.css';
import './shared/styles/dialogs.css';

// The default page's code loads in parallel with what opens it.
if (!/[#?&]page=/.test(location.href)) void import('./bandit/open-page.tsx');
void import('./main.tsx').then(({ main }) => main());
