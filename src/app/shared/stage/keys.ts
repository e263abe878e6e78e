/** Keys of a focused stage: arrows push, with Shift they turn the view, plus and minus zoom, 0 resets the view. */
import type { Push } from '../../../environments/stage/protocol.ts';
import type { StageView } from './view.ts';

/** Acceleration of an arrow key, in m/s². */
const PUSH = 9;
/** Radians that a key turns by, and the factor that it zooms by. */
const TURN = 0.12;
const ZOOM = 1.15;

const ARROWS: Readonly<Record<string, Push>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};

/** Handles a key. @returns whether the stage uses it. */
export function handleStageKey(event: KeyboardEvent, view: StageView, push: (push: Push) => void): boolean {
  const { key, shiftKey } = event;
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const way = ARROWS[key];
  if (way) {
    if (shiftKey) view.orbit(TURN * way[0], TURN * way[1]);
    else push([PUSH * way[0], PUSH * way[1]]);
  } else if (key === '+' || key === '=') view.zoom(1 / ZOOM);
  else if (key === '-') view.zoom(ZOOM);
  else if (key === '0' || key === 'Home') view.resetView();
  else return false;
  return true;
}
