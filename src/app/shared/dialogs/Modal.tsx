/** The browser's own modal dialog: it keeps the focus, closes on Escape, and gives the focus back. */
import { useEffect, useId, useLayoutEffect, useRef, type ReactNode } from 'react';
import { Icon } from '../controls/icons.tsx';

interface ModalProps {
  title: string;
  testId: string;
  onClose: () => void;
  children: ReactNode;
}

export function Modal({ title, testId, onClose, children }: ModalProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();

  useEffect(() => {
    const element = dialog.current;
    if (!element) return undefined;
    // A press beside it is the pointer's way to do what Escape does. The backdrop counts as the dialog itself.
    const pressed = (event: MouseEvent) => {
      if (event.target === element) element.close();
    };
    element.addEventListener('click', pressed);
    element.showModal();
    return () => element.removeEventListener('click', pressed);
  }, []);

  // It is closed before it leaves the page: one that was taken away gives no focus back.
  useLayoutEffect(() => {
    const element = dialog.current;
    return () => element?.close();
  }, []);

  return (
    <dialog ref={dialog} className="modal" aria-labelledby={titleId} data-testid={testId} onClose={onClose}>
      <div className="modal-body">
        <header className="modal-head">
          <h2 id={titleId}>{title}</h2>
          <button type="button" className="quiet square" aria-label="Close" onClick={onClose}>
            <Icon name="close" />
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
