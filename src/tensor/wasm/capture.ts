/**
 * Captures a step on the wasm backend while it runs, so that it can be replayed without tfjs: the calls into WebAssembly
 * with their pointers, and the JavaScript callbacks between them. Recordings (wasm-recording.ts) start a capture.
 */

/** An action that a replay repeats. */
export type CapturedCall = () => void;

/** A condition that depends on a step input, and its value during the capture. */
export interface CapturedBranch {
  condition: () => boolean;
  taken: boolean;
}

export interface WasmCapture {
  readonly calls: CapturedCall[];
  readonly branches: CapturedBranch[];
}

let active: WasmCapture | null = null;
/** Inside a callback, which is captured as a whole. */
let inCallback = false;

/** For recordings: starts a capture, or ends it with null. */
export function setCapture(next: WasmCapture | null): void {
  active = next;
  inCallback = false;
}

/** The active capture; null without one, and inside a captured callback. */
export function currentCapture(): WasmCapture | null {
  return inCallback ? null : active;
}

/** Runs a callback now and at every replay. */
export function captureCallback<Result>(callback: () => Result): Result {
  const current = currentCapture();
  if (!current) return callback();
  current.calls.push(callback);
  inCallback = true;
  try {
    return callback();
  } finally {
    inCallback = false;
  }
}

/** Evaluates a condition that the step's code branches on. A replay requires the same value. */
export function captureBranch(condition: () => boolean): boolean {
  const taken = condition();
  currentCapture()?.branches.push({ condition, taken });
  return taken;
}

/** @throws Error during a capture: a replay would not repeat what the host reads or writes. */
export function refuseDuringCapture(what: string): void {
  if (currentCapture()) throw new Error(`A step that ${what} outside of a captured callback cannot be recorded.`);
}

/** The same functions, with their calls captured. One that returns a number may only be called inside a callback. */
export function captureCalls<Functions extends object>(functions: Functions): Functions {
  const result: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(functions)) {
    if (typeof value !== 'function') continue;
    const call = value as (...numbers: unknown[]) => unknown;
    result[name] = (...numbers: unknown[]) => {
      const returned = call(...numbers);
      const current = currentCapture();
      if (current) {
        if (returned !== undefined) refuseDuringCapture(`reads what ${name} returns`);
        current.calls.push(() => {
          call(...numbers);
        });
      }
      return returned;
    };
  }
  return result as Functions;
}
