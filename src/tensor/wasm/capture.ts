/**
 * Noting a step on the wasm backend while it runs, so that it can be run again without tfjs: the calls into WebAssembly
 * with their pointers, and the little JavaScript between them. Recordings (wasm-recording.ts) set it going.
 */

/** Something that is done again at each step. */
export type Call = () => void;

/** A choice that the step's code makes, by a number that varies, and how it came out. */
export interface Branch {
  condition: () => boolean;
  taken: boolean;
}

export interface Note {
  readonly calls: Call[];
  readonly branches: Branch[];
}

let note: Note | null = null;
/** Whatever is inside of something that is done again belongs to it. */
let inside = false;

/** For recordings: where to note what is done from now on, or null. */
export function setNote(next: Note | null): void {
  note = next;
  inside = false;
}

/** Where to note; null while no step is noted, and inside of what is noted as a whole. */
export function currentNote(): Note | null {
  return inside ? null : note;
}

/** Does something now, and at every step that is run again. */
export function everyStep<Result>(work: () => Result): Result {
  const current = currentNote();
  if (!current) return work();
  current.calls.push(work);
  inside = true;
  try {
    return work();
  } finally {
    inside = false;
  }
}

/** A condition that the step's code branches on: a step is run again only where it comes out the same. */
export function branch(condition: () => boolean): boolean {
  const taken = condition();
  currentNote()?.branches.push({ condition, taken });
  return taken;
}

/** @throws Error while a step is noted: a number that the host reads would be missed when it is run again. */
export function refuseWhileNoting(what: string): void {
  if (currentNote()) throw new Error(`A step that ${what} outside of what is done at every step cannot be recorded.`);
}

/**
 * The same functions, noting their calls. One that returns a number may only be called inside of what is noted as a
 * whole.
 */
export function noted<Functions extends object>(functions: Functions): Functions {
  const result: Record<string, unknown> = {};
  for (const [name, found] of Object.entries(functions)) {
    if (typeof found !== 'function') continue;
    const call = found as (...numbers: unknown[]) => unknown;
    result[name] = (...numbers: unknown[]) => {
      const returned = call(...numbers);
      const current = currentNote();
      if (current) {
        if (returned !== undefined) refuseWhileNoting(`reads what ${name} returns`);
        current.calls.push(() => {
          call(...numbers);
        });
      }
      return returned;
    };
  }
  return result as Functions;
}
