/** Opens a view of the stage: 3D where it is available and fast, from the side elsewhere. */
import type { PlanarFigure } from '../../../environments/kinematics.ts';
import type { StagePalette } from './stage-palette.ts';
import { SideView } from './side-view.ts';
import type { StageView } from './view.ts';

export type ViewKind = '3d' | '2d';
/** `auto`: 3D, unless WebGL 2 is missing or slow. */
export type ViewChoice = ViewKind | 'auto';

interface OpenedView {
  kind: ViewKind;
  view: StageView;
}

/**
 * Opens a view on a new canvas. The code of the 3D view is loaded on demand.
 *
 * @param newCanvas makes a canvas; one whose WebGL context failed cannot give a 2D context.
 * @throws Error if neither view can be opened.
 */
export async function openView(
  choice: ViewChoice,
  newCanvas: () => HTMLCanvasElement,
  figure: PlanarFigure,
  palette: StagePalette,
): Promise<OpenedView> {
  if (choice !== '2d' && 'WebGL2RenderingContext' in globalThis) {
    try {
      const { SpaceView } = await import('./space-view.ts');
      return { kind: '3d', view: new SpaceView(newCanvas(), figure, palette, { slow: choice === '3d' }) };
    } catch (error) {
      console.info('No 3D view here; showing the side view:', error);
    }
  }
  return { kind: '2d', view: new SideView(newCanvas(), figure, palette) };
}
