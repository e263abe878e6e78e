/** Draws the body of a `StageSource`. It knows no policy and no physics engine. */
import { useEffect, useMemo, useRef, type ReactNode } from 'react';
import { PlanarFigure } from '../../../environments/kinematics.ts';
import { BODIES } from '../../../environments/bodies/index.ts';
import { currentPalette, usePaletteVersion } from '../plots/palette.ts';
import { DragController } from './drag-controller.ts';
import { handleStageKey } from './keys.ts';
import { stagePaletteOf } from './stage-palette.ts';
import { openView, type ViewChoice, type ViewKind } from './open-view.ts';
import { FrameRateWatch } from './frame-rate-watch.ts';
import type { StageSource } from './source.ts';
import './stage.css';
import type { StageView } from './view.ts';

/** A higher device pixel ratio costs time and is not visible. */
const MAX_PIXEL_RATIO = 2;
/** The stage takes the focus and handles keys (`handleStageKey`). */
const OPERATED = { role: 'application', 'aria-roledescription': 'stage', tabIndex: 0 } as const;

interface StageProps {
  source: StageSource;
  choice: ViewChoice;
  /** Accessible name of the picture. */
  label: string;
  /** Called with the kind of view that was opened. */
  onKind?: (kind: ViewKind) => void;
  /** Called when the 3D view is too slow and the side view replaces it. */
  onSlow?: () => void;
  /** Called when no view can be opened. */
  onError?: (error: unknown) => void;
  /** Drawn over the picture. */
  children?: ReactNode;
}

export function Stage({ source, choice, label, onKind, onSlow, onError, children }: StageProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<StageView | null>(null);
  const latest = useRef({ source, onKind, onSlow, onError });
  const version = usePaletteVersion();
  const { environment } = source;
  const figure = useMemo(() => new PlanarFigure(BODIES[environment].model), [environment]);

  useEffect(() => {
    latest.current = { source, onKind, onSlow, onError };
  });
  useEffect(() => {
    view.current?.setPalette(stagePaletteOf(currentPalette()));
  }, [version]);

  useEffect(() => {
    const element = host.current;
    if (!element) return;
    let stop = (): void => undefined;
    let gone = false;
    const start = async (wanted: ViewChoice): Promise<void> => {
      const fresh = () => {
        const canvas = document.createElement('canvas');
        canvas.setAttribute('aria-hidden', 'true');
        element.replaceChildren(canvas);
        return canvas;
      };
      const opened = await openView(wanted, fresh, figure, stagePaletteOf(currentPalette()));
      if (gone) {
        opened.view.dispose();
        return;
      }
      view.current = opened.view;
      // The theme may have changed while the view was loading.
      opened.view.setPalette(stagePaletteOf(currentPalette()));
      element.dataset.view = opened.kind;
      latest.current.onKind?.(opened.kind);
      const showSide = () => {
        stop();
        start('2d').catch((error: unknown) => latest.current.onError?.(error));
      };
      const onSlowFrames = () => {
        latest.current.onSlow?.();
        showSide();
      };
      const watch = wanted === 'auto' && opened.kind === '3d' ? new FrameRateWatch(onSlowFrames) : null;
      const canvas = element.querySelector('canvas');
      canvas?.addEventListener('webglcontextlost', showSide, { once: true });
      const end = show(element, opened.view, () => latest.current.source, watch);
      stop = () => {
        canvas?.removeEventListener('webglcontextlost', showSide);
        end();
        opened.view.dispose();
        view.current = null;
      };
    };
    start(choice).catch((error: unknown) => latest.current.onError?.(error));
    return () => {
      gone = true;
      stop();
    };
  }, [figure, choice]);

  return (
    <div className="stage" data-testid="stage">
      <div ref={host} className="stage-picture" aria-label={label} {...OPERATED} />
      {children}
    </div>
  );
}

/** Draws every frame at the size of the host. Returns a function that stops it. */
function show(host: HTMLElement, view: StageView, source: () => StageSource, watch: FrameRateWatch | null): () => void {
  const drag = new DragController(host, view, (push) => source().pull?.(push));
  const onKeyDown = (event: KeyboardEvent) => {
    if (handleStageKey(event, view, (push) => source().push?.(push))) event.preventDefault();
  };
  host.addEventListener('keydown', onKeyDown);
  let frame = 0;
  const draw = (now: number) => {
    drag.update();
    const drew = view.draw({ qpos: source().positions(now), now });
    host.dataset.still = drew ? '0' : '1';
    watch?.frame(now, drew);
  };
  const loop = (now: number) => {
    frame = requestAnimationFrame(loop);
    draw(now);
  };
  const observer = new ResizeObserver(() => {
    const { clientWidth, clientHeight } = host;
    if (clientWidth === 0 || clientHeight === 0) return;
    view.resize(clientWidth, clientHeight, Math.min(devicePixelRatio, MAX_PIXEL_RATIO));
    draw(performance.now());
  });
  observer.observe(host);
  frame = requestAnimationFrame(loop);
  return () => {
    cancelAnimationFrame(frame);
    observer.disconnect();
    host.removeEventListener('keydown', onKeyDown);
    drag.end();
  };
}
