/** The keys, and one sentence for every control. */
import { KEYS } from '../use-keyboard.ts';
import { setView, useView } from '../../shared/view-store.ts';
import { SETTING_FIELDS } from '../../../bandit/settings.ts';
import { KeyList } from '../../shared/dialogs/KeyList.tsx';
import { BANDIT_CONTROLS } from '../copy.ts';

export function HelpContent() {
  const hide = useView('hide');
  return (
    <div className="help">
      <p>
        Actions are points in a square, and the data are points from a few Gaussians. Methods in the upper row imitate
        the data; those in the lower row also climb a learned Q, the reward that they expect. Watch which of them put
        their samples on the modes, and what η changes.
      </p>
      {hide.length > 0 && (
        <p>
          This link hides {hide.length} {hide.length === 1 ? 'part' : 'parts'} of the page.{' '}
          <button type="button" className="link" onClick={() => setView({ hide: [] })}>
            Show everything
          </button>
        </p>
      )}
      <h3>Keys</h3>
      <KeyList entries={KEYS} />
      <h3>Controls</h3>
      <dl className="glossary">
        {Object.entries(BANDIT_CONTROLS).map(([id, { label, help }]) => (
          <div key={id}>
            <dt>{label}</dt>
            <dd>{help}</dd>
          </div>
        ))}
      </dl>
      <h3>Settings</h3>
      <dl className="glossary">
        {SETTING_FIELDS.map(({ key, label, help, live }) => (
          <div key={key}>
            <dt>{label}</dt>
            <dd>
              {help} {live ? 'Acts at once.' : 'Restarts the run.'}
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
