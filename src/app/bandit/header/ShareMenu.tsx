/** Copies the link, and chooses what the link hides for a classroom. */
import { useState } from 'react';
import { Menu } from '../../shared/controls/Menu.tsx';
import { useNavigation } from '../../shared/navigation.ts';
import { setView, useView } from '../../shared/view-store.ts';
import { HIDEABLE, type HideableId } from '../../shared/view.ts';
import { copyText } from '../../shared/save.ts';
import { BANDIT_CONTROLS, HIDEABLE_LABELS } from '../copy.ts';

export function ShareMenu() {
  const { currentAddress } = useNavigation();
  const hide = useView('hide');
  const tables = useView('tables');
  const [copied, setCopied] = useState<string | null>(null);

  async function copy(): Promise<void> {
    const address = currentAddress();
    setCopied((await copyText(address)) ? 'Copied.' : address);
  }

  function toggle(id: HideableId): void {
    setView({ hide: hide.includes(id) ? hide.filter((other) => other !== id) : [...hide, id] });
  }

  return (
    <Menu controls={BANDIT_CONTROLS} control="share" label="Link">
      {() => (
        <>
          <button type="button" className="menu-item" data-testid="copy-link" onClick={() => void copy()}>
            Copy the link to this experiment and view
          </button>
          {copied && (
            <p className="menu-note" role="status">
              {copied}
            </p>
          )}
          <fieldset className="menu-choices">
            <legend>For a classroom or a talk, hide</legend>
            {HIDEABLE.map((id) => (
              <label key={id}>
                <input type="checkbox" checked={hide.includes(id)} onChange={() => toggle(id)} />
                <span>{HIDEABLE_LABELS[id]}</span>
              </label>
            ))}
          </fieldset>
          <p className="menu-note">The help, which opens with “?”, brings everything back.</p>
          <fieldset className="menu-choices">
            <legend>Accessibility</legend>
            <label>
              <input type="checkbox" checked={tables} onChange={() => setView({ tables: !tables })} />
              <span>Tables in place of plots</span>
            </label>
          </fieldset>
        </>
      )}
    </Menu>
  );
}
