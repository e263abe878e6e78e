/** Help of the locomotion page: an introduction, its terms, keys and controls. */
import { Modal } from '../shared/dialogs/Modal.tsx';
import { LOCOMOTION_CONTROLS, LOCOMOTION_TERMS } from './copy.ts';
import { KeyList } from '../shared/dialogs/KeyList.tsx';

const KEYS = [
  { keys: 'Space', does: 'Train, pause, or resume' },
  { keys: '?', does: 'This list' },
  { keys: 'Esc', does: 'Close the settings, or a dialog' },
  { keys: 'Arrows', does: 'Push the body, while the stage has the focus' },
] as const;

export function LocomotionHelp({ onClose }: { onClose: () => void }) {
  return (
    <Modal title="What this page shows" testId="help-dialog" onClose={onClose}>
      <div className="help">
        <p>
          A policy learns to move a body from recorded episodes alone. Train, and watch: at regular intervals the policy
          is evaluated in the body, and the return of its episodes is a point of the curve; on the stage the body is
          moved by the latest policy.
        </p>
        <h3>Terms</h3>
        <Glossary entries={LOCOMOTION_TERMS} />
        <h3>Keys</h3>
        <KeyList entries={KEYS} />
        <h3>Controls</h3>
        <Glossary entries={Object.values(LOCOMOTION_CONTROLS)} />
      </div>
    </Modal>
  );
}

function Glossary({ entries }: { entries: readonly { label: string; help: string }[] }) {
  return (
    <dl className="glossary">
      {entries.map(({ label, help }) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{help}</dd>
        </div>
      ))}
    </dl>
  );
}
