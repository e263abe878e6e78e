/** The one dialog that is open, if any. */
import { METHODS } from '../../../bandit/methods.ts';
import { closeDialog, useDialog } from '../stores/dialog-store.ts';
import { HelpContent } from './HelpContent.tsx';
import { ImportContent } from './ImportContent.tsx';
import { MethodText } from './MethodText.tsx';
import { Modal } from '../../shared/dialogs/Modal.tsx';

export function Dialogs() {
  const dialog = useDialog();
  if (!dialog) return null;
  switch (dialog.kind) {
    case 'help':
      return (
        <Modal title="What everything does" testId="help-dialog" onClose={closeDialog}>
          <HelpContent />
        </Modal>
      );
    case 'about':
      return (
        <Modal title={METHODS[dialog.method].name} testId="about-dialog" onClose={closeDialog}>
          <p className="dialog-source">{METHODS[dialog.method].source}</p>
          <MethodText method={dialog.method} />
        </Modal>
      );
    case 'import':
      return (
        <Modal title="Import weights" testId="import-dialog" onClose={closeDialog}>
          <ImportContent file={dialog.file} />
        </Modal>
      );
  }
}
