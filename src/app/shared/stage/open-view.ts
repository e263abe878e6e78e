/** Chooses a picture: in space where that goes smoothly, from the side elsewhere. */
import type { PlanarFigure } from '../../../environments/kinematics.ts';
import type { StageLook } from './stage-palette.ts';
import { SideView } from './side-view.ts';
import type { StageView } from './view.ts';

export type ViewKind = '3d' | '2d';
/** `auto`: in space, unless that is missing here or slow. */
export type ViewChoice = ViewKind | 'auto';

export interface OpenedView {
  kind: ViewKind;
  view: StageView;
}

/**
 * Opens a picture on a canvas that was not drawn on before. The code for space is loaded when it is needed.
 *
 * @param onto makes such a canvas: one on which space was tried in vain is of no use for the side.
 * @throws Error if there is no picture at all.
 */
export async function openView(
  choice: ViewChoice,
  onto: () => HTMLCanvasElement,
  figure: PlanarFigure,
  look: StageLook,
): Promise<OpenedView> {
  if (choice !== '2d' && 'WebGL2RenderingContext' in globalThis) {
    try {
      const { SpaceView } = await import('./space-view.ts');
      return { kind: '3d', view: new SpaceView(onto(), figure, look, { slow: choice === '3d' }) };
    } catch (error) {
      console.info('No picture in space here, so the side is shown:', error);
    }
  }
  return { kind: '2d', view: new SideView(onto(), figure, look) };
}
