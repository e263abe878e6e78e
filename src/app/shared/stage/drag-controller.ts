/** Pointer events on the stage. A pointer on the body pulls it; any other one is left to the view, which orbits. */
import type { Push } from '../../../environments/stage/protocol.ts';
import type { StageView } from './view.ts';

export class DragController {
  readonly #host: HTMLElement;
  readonly #view: StageView;
  readonly #pull: (push: Push | null) => void;
  #pointer: { id: number; x: number; y: number } | null = null;
  readonly #listeners = new AbortController();

  /** @param pull receives the push while the body is held, and null once it is released. */
  constructor(host: HTMLElement, view: StageView, pull: (push: Push | null) => void) {
    this.#host = host;
    this.#view = view;
    this.#pull = pull;
    const { signal } = this.#listeners;
    // Runs before the listeners of the view.
    const early = { signal, capture: true };
    host.addEventListener('pointerdown', (event) => this.#onDown(event), early);
    host.addEventListener('pointermove', (event) => this.#onMove(event), early);
    host.addEventListener('pointerup', (event) => this.#onUp(event), early);
    host.addEventListener('pointercancel', (event) => this.#onUp(event), early);
    // A finger on the body drags it; a vertical swipe elsewhere scrolls the page.
    host.addEventListener('touchstart', (event) => this.#pointer && event.preventDefault(), { signal, passive: false });
    // The wheel zooms only while the stage has the focus; otherwise it scrolls the page.
    const focused = () => host.contains(document.activeElement);
    host.addEventListener('wheel', (event) => focused() || event.stopPropagation(), early);
  }

  /** Updates the pull, once a frame: the held body moves under the pointer. */
  update(): void {
    if (this.#pointer) this.#pull(this.#view.pull(this.#pointer.x, this.#pointer.y));
  }

  end(): void {
    this.#listeners.abort();
    this.#release();
  }

  #onDown(event: PointerEvent): void {
    if (event.button !== 0 || this.#pointer) return;
    const { left, top } = this.#host.getBoundingClientRect();
    const [x, y] = [event.clientX - left, event.clientY - top];
    if (!this.#view.grab(x, y)) return;
    this.#pointer = { id: event.pointerId, x, y };
    this.#host.setPointerCapture(event.pointerId);
    this.#host.dataset.holding = '';
  }

  #onMove({ pointerId, clientX, clientY }: PointerEvent): void {
    if (this.#pointer?.id !== pointerId) return;
    const { left, top } = this.#host.getBoundingClientRect();
    this.#pointer = { id: pointerId, x: clientX - left, y: clientY - top };
  }

  #onUp({ pointerId }: PointerEvent): void {
    if (this.#pointer?.id === pointerId) this.#release();
  }

  #release(): void {
    if (!this.#pointer) return;
    this.#pointer = null;
    delete this.#host.dataset.holding;
    this.#view.release();
    this.#pull(null);
  }
}
