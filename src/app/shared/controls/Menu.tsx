/** A button that opens a small panel under itself; Escape, a click elsewhere, or leaving it closes it. */
import { useEffect, useId, useRef, useState, type ReactNode } from 'react';
import { described, type ControlText } from '../copy.ts';
import { Icon } from './icons.tsx';

interface MenuProps<Id extends string> {
  /** The page's texts, among them that of `control`. */
  controls: Readonly<Record<Id, ControlText>>;
  control: Id;
  label: ReactNode;
  testId?: string;
  children: (close: () => void) => ReactNode;
}

export function Menu<Id extends string>({ controls, control, label, testId, children }: MenuProps<Id>) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const panelId = useId();

  useEffect(() => {
    const element = root.current;
    const opener = button.current;
    if (!open || !element) return undefined;
    function onPointerDown(event: PointerEvent): void {
      if (event.target instanceof Node && !element?.contains(event.target)) setOpen(false);
    }
    function onFocusOut(event: FocusEvent): void {
      if (event.relatedTarget instanceof Node && !element?.contains(event.relatedTarget)) setOpen(false);
    }
    function onKeyDown(event: KeyboardEvent): void {
      if (event.key !== 'Escape') return;
      event.preventDefault();
      event.stopPropagation();
      setOpen(false);
    }
    addEventListener('pointerdown', onPointerDown);
    element.addEventListener('focusout', onFocusOut);
    element.addEventListener('keydown', onKeyDown);
    return () => {
      removeEventListener('pointerdown', onPointerDown);
      element.removeEventListener('focusout', onFocusOut);
      element.removeEventListener('keydown', onKeyDown);
      // The focus went with what was pressed.
      if (document.activeElement === document.body) opener?.focus();
    };
  }, [open]);

  return (
    <div className="menu" ref={root}>
      <button
        ref={button}
        type="button"
        className="quiet"
        aria-expanded={open}
        aria-controls={open ? panelId : undefined}
        data-testid={testId ?? control}
        {...described(controls, control)}
        onClick={() => setOpen(!open)}
      >
        {label}
        <Icon name="chevron" />
      </button>
      {open && (
        <div id={panelId} className="menu-panel">
          {children(() => setOpen(false))}
        </div>
      )}
    </div>
  );
}
