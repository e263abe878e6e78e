/** Pointers on the stage: one that takes the body pulls it, any other is left to the view, which turns. */
import type { Push } from '../../../environments/stage/protocol.ts';
import type { StageView } from './view.ts';

export class Hand {
  private readonly host: HTMLElement;
  private readonly view: StageView;
  private readonly pull: (push: Push | null) => void;
  private pointer: { id: number; x: number; y: number } | null = null;
  private readonly gone = new AbortController();

  /** @param pull is told the push while the body is held, and null when it is let go. */
  constructor(host: HTMLElement, view: StageView, pull: (push: Push | null) => void) {
    this.host = host;
    this.view = view;
    this.pull = pull;
    const { signal } = this.gone;
    // Before the view hears of it.
    const early = { signal, capture: true };
    host.addEventListener('pointerdown', (event) => this.press(event), early);
    host.addEventListener('pointermove', (event) => this.move(event), early);
    host.addEventListener('pointerup', (event) => this.drop(event), early);
    host.addEventListener('pointercancel', (event) => this.drop(event), early);
    // A finger on the body moves the body; beside it, upwards, it scrolls the page.
    host.addEventListener('touchstart', (event) => this.pointer && event.preventDefault(), { signal, passive: false });
    // The wheel zooms once the stage was chosen; before that it scrolls the page.
    const chosen = () => host.contains(document.activeElement);
    host.addEventListener('wheel', (event) => chosen() || event.stopPropagation(), early);
  }

  /** The body moves under the hand that holds it: told once a frame. */
  follow(): void {
    if (this.pointer) this.pull(this.view.pull(this.pointer.x, this.pointer.y));
  }

  end(): void {
    this.gone.abort();
    this.letGo();
  }

  private press(event: PointerEvent): void {
    if (event.button !== 0 || this.pointer) return;
    const { left, top } = this.host.getBoundingClientRect();
    const [x, y] = [event.clientX - left, event.clientY - top];
    if (!this.view.grab(x, y)) return;
    this.pointer = { id: event.pointerId, x, y };
    this.host.setPointerCapture(event.pointerId);
    this.host.dataset.holding = '';
  }

  private move({ pointerId, clientX, clientY }: PointerEvent): void {
    if (this.pointer?.id !== pointerId) return;
    const { left, top } = this.host.getBoundingClientRect();
    this.pointer = { id: pointerId, x: clientX - left, y: clientY - top };
  }

  private drop({ pointerId }: PointerEvent): void {
    if (this.pointer?.id === pointerId) this.letGo();
  }

  private letGo(): void {
    if (!this.pointer) return;
    this.pointer = null;
    delete this.host.dataset.holding;
    this.view.release();
    this.pull(null);
  }
}
