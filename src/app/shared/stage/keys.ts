/** Keys of a stage that has the focus: arrows push, with Shift they turn the view, plus and minus zoom, 0 goes back. */
import type { Push } from '../../../environments/stage/protocol.ts';
import type { StageView } from './view.ts';

/** What an arrow key pushes with, in m/s². */
const PUSH = 9;
/** What a key turns by, in radians, and comes nearer by. */
const TURN = 0.12;
const ZOOM = 1.15;

const ARROWS: Readonly<Record<string, Push>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};

/** What a key does. Returns whether it does anything. */
export function stageKey(event: KeyboardEvent, view: StageView, push: (push: Push) => void): boolean {
  const { key, shiftKey } = event;
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const way = ARROWS[key];
  if (way) {
    if (shiftKey) view.orbit(TURN * way[0], TURN * way[1]);
    else push([PUSH * way[0], PUSH * way[1]]);
  } else if (key === '+' || key === '=') view.zoom(1 / ZOOM);
  else if (key === '-') view.zoom(ZOOM);
  else if (key === '0' || key === 'Home') view.home();
  else return false;
  return true;
}
