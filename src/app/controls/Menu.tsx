/** A button that opens a small panel under itself; Escape, a click elsewhere, or leaving it closes it. */
import { useEffect, useId, useRef, useState, type ReactNode } from 'react';
import { described, type ControlId } from '../words/controls.ts';
import { Icon } from './icons.tsx';

interface MenuProps {
  control: ControlId;
  label: ReactNode;
  testId?: string;
  children: (close: () => void) => ReactNode;
}

export function Menu({ control, label, testId, children }: MenuProps) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const panelId = useId();

  useEffect(() => {
    if (!open) return undefined;
    function onPointerDown(event: PointerEvent): void {
      if (event.target instanceof Node && !root.current?.contains(event.target)) setOpen(false);
    }
    addEventListener('pointerdown', onPointerDown);
    return () => removeEventListener('pointerdown', onPointerDown);
  }, [open]);

  return (
    <div
      className="menu"
      ref={root}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !open) return;
        event.preventDefault();
        setOpen(false);
        button.current?.focus();
      }}
      onBlur={(event) => {
        const to = event.relatedTarget;
        if (to instanceof Node && !root.current?.contains(to)) setOpen(false);
      }}
    >
      <button
        ref={button}
        type="button"
        className="quiet"
        aria-expanded={open}
        aria-controls={open ? panelId : undefined}
        data-testid={testId ?? control}
        {...described(control)}
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
