/** The browser's own modal dialog: it keeps the focus, closes on Escape, and gives the focus back. */
import { useEffect, useId, useRef, type ReactNode } from 'react';
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
    element?.showModal();
    return () => element?.close();
  }, []);

  return (
    // The keyboard closes it with Escape; a press beside it is a pointer's way to do the same.
    // eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-noninteractive-element-interactions
    <dialog
      ref={dialog}
      className="modal"
      aria-labelledby={titleId}
      data-testid={testId}
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && onClose()}
    >
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
