/** A body on a stage. It draws what a source gives it, and knows no policy and no engine. */
import { useEffect, useMemo, useRef, type ReactNode } from 'react';
import { PlanarFigure } from '../../../environments/kinematics.ts';
import { BODIES } from '../../../environments/bodies/index.ts';
import { currentPalette, usePaletteVersion } from '../plots/palette.ts';
import { Hand } from './drag-controller.ts';
import { stageKey } from './keys.ts';
import { lookOf } from './stage-palette.ts';
import { openView, type ViewChoice, type ViewKind } from './open-view.ts';
import { PaceWatch } from './frame-rate-watch.ts';
import type { StageSource } from './source.ts';
import './stage.css';
import type { StageView } from './view.ts';

/** More device pixels to a CSS pixel are not seen, and cost. */
const MOST_RATIO = 2;
/** The stage takes the focus, and its keys: `stageKey` has them. */
const OPERATED = { role: 'application', 'aria-roledescription': 'stage', tabIndex: 0 } as const;

interface StageProps {
  source: StageSource;
  choice: ViewChoice;
  /** What is shown, for those who do not see it. */
  label: string;
  /** Told which picture it became. */
  onKind?: (kind: ViewKind) => void;
  /** Told where a picture in space turned out slow, and the side is shown from now on. */
  onSlow?: () => void;
  /** Told where there is no picture at all. */
  onTrouble?: (error: unknown) => void;
  /** What lies over the picture. */
  children?: ReactNode;
}

export function Stage({ source, choice, label, onKind, onSlow, onTrouble, children }: StageProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<StageView | null>(null);
  const latest = useRef({ source, onKind, onSlow, onTrouble });
  const version = usePaletteVersion();
  const { environment } = source;
  const figure = useMemo(() => new PlanarFigure(BODIES[environment].model), [environment]);

  useEffect(() => {
    latest.current = { source, onKind, onSlow, onTrouble };
  });
  useEffect(() => {
    view.current?.setLook(lookOf(currentPalette()));
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
      const opened = await openView(wanted, fresh, figure, lookOf(currentPalette()));
      if (gone) {
        opened.view.dispose();
        return;
      }
      view.current = opened.view;
      // The theme may have been put on the page while the view was loaded.
      opened.view.setLook(lookOf(currentPalette()));
      element.dataset.view = opened.kind;
      latest.current.onKind?.(opened.kind);
      const retreat = () => {
        stop();
        start('2d').catch((error: unknown) => latest.current.onTrouble?.(error));
      };
      const giveUp = () => {
        latest.current.onSlow?.();
        retreat();
      };
      const watch = wanted === 'auto' && opened.kind === '3d' ? new PaceWatch(giveUp) : null;
      const canvas = element.querySelector('canvas');
      canvas?.addEventListener('webglcontextlost', retreat, { once: true });
      const end = show(element, opened.view, () => latest.current.source, watch);
      stop = () => {
        canvas?.removeEventListener('webglcontextlost', retreat);
        end();
        opened.view.dispose();
        view.current = null;
      };
    };
    start(choice).catch((error: unknown) => latest.current.onTrouble?.(error));
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

/** Draws frame by frame, in the size of the host. Gives back what ends it. */
function show(host: HTMLElement, view: StageView, source: () => StageSource, watch: PaceWatch | null): () => void {
  const hand = new Hand(host, view, (push) => source().pull?.(push));
  const press = (event: KeyboardEvent) => {
    if (stageKey(event, view, (push) => source().push?.(push))) event.preventDefault();
  };
  host.addEventListener('keydown', press);
  let frame = 0;
  const draw = (now: number) => {
    hand.follow();
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
    view.resize(clientWidth, clientHeight, Math.min(devicePixelRatio, MOST_RATIO));
    draw(performance.now());
  });
  observer.observe(host);
  frame = requestAnimationFrame(loop);
  return () => {
    cancelAnimationFrame(frame);
    observer.disconnect();
    host.removeEventListener('keydown', press);
    hand.end();
  };
}
