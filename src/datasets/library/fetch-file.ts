/**
 * Fetches one file of a dataset and checks it. Transient failures (no answer, a busy server, a lost connection) are
 * retried after a pause; others are thrown at once, with the address.
 */
import { sha256Hex } from '../shards/codec.ts';
import type { PlannedFile } from './plan.ts';

/** The environment of a fetch, which tests replace. */
export interface FetchWorld {
  fetch: typeof fetch;
  /** Settles after so many milliseconds; rejects when the signal aborts. */
  wait: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Milliseconds without a byte after which an attempt is abandoned. */
  stallMs: number;
}

/** Attempts for transient failures, including the first. */
export const ATTEMPTS = 5;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
/** Statuses of a server that is busy or restarting: another attempt may succeed. */
const TRANSIENT = new Set([408, 425, 429, 500, 502, 503, 504]);

/** A file could not be fetched. The message says which, from where, and why. */
class FetchProblem extends Error {
  override name = 'FetchProblem';
  /** Whether another attempt may succeed. */
  readonly transient: boolean;
  /** Milliseconds of the server's `Retry-After`. */
  readonly retryAfterMs: number;

  constructor(message: string, passing = false, after = 0) {
    super(message);
    this.transient = passing;
    this.retryAfterMs = after;
  }
}

/** Milliseconds before attempt 2, 3, …: exponential backoff up to a bound. */
export function pauseBefore(attempt: number): number {
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempt - 2));
}

export interface FetchHooks {
  signal: AbortSignal;
  /** Bytes received in the current attempt; 0 when an attempt begins. */
  onBytes?: (bytes: number) => void;
  /** An attempt failed and another will be made. */
  onRetry?: (problem: string) => void;
  /** Attempts for transient failures; default `ATTEMPTS`. */
  attempts?: number;
}

/**
 * Fetches a file of known size and hash. If the hash differs it is fetched once more.
 *
 * @throws FetchProblem, or the signal's reason.
 */
export async function fetchPlanned(
  url: string,
  file: PlannedFile,
  hooks: FetchHooks,
  world: FetchWorld,
): Promise<Uint8Array<ArrayBuffer>> {
  for (let reading = 1; ; reading++) {
    const bytes = await fetchWhole(url, { exact: file.bytes }, hooks, world);
    const found = await sha256Hex(bytes);
    if (found === file.sha256) return bytes;
    const problem = `${url} has the SHA-256 ${found}, not ${file.sha256}, as dataset.json says`;
    if (reading === 2)
      throw new FetchProblem(`${problem}: twice fetched, twice other bytes. Is the copy there damaged?`);
    hooks.onRetry?.(problem);
  }
}

/**
 * Fetches a whole file.
 *
 * @param size its exact or largest number of bytes.
 * @throws FetchProblem, or the signal's reason.
 */
export async function fetchWhole(
  url: string,
  size: { exact: number } | { most: number },
  hooks: FetchHooks,
  world: FetchWorld,
): Promise<Uint8Array<ArrayBuffer>> {
  const { attempts = ATTEMPTS } = hooks;
  for (let attempt = 1; ; attempt++) {
    try {
      return await fetchOnce(url, size, hooks, world);
    } catch (error) {
      hooks.signal.throwIfAborted();
      if (!(error instanceof FetchProblem) || !error.transient) throw error;
      if (attempt >= attempts) throw new FetchProblem(`${error.message} (${attempts} attempts)`);
      hooks.onRetry?.(error.message);
      await world.wait(Math.max(pauseBefore(attempt + 1), Math.min(error.retryAfterMs, LONGEST_WAIT_MS)), hooks.signal);
    }
  }
}

async function fetchOnce(
  url: string,
  size: { exact: number } | { most: number },
  hooks: FetchHooks,
  world: FetchWorld,
): Promise<Uint8Array<ArrayBuffer>> {
  hooks.onBytes?.(0);
  const stalled = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const restartTimer = () => {
    clearTimeout(timer);
    timer = setTimeout(() => stalled.abort(), world.stallMs);
  };
  restartTimer();
  const signal = AbortSignal.any([hooks.signal, stalled.signal]);
  const stallProblem = () => new FetchProblem(`${url} sent nothing for ${Math.round(world.stallMs / 1000)} s`, true);
  try {
    const response = await world
      // Chunks are stored in the OPFS; the browser's cache would store them a second time.
      .fetch(url, { signal, cache: 'no-store', credentials: 'omit', referrerPolicy: 'no-referrer' })
      .catch((error: unknown) => {
        throw stalled.signal.aborted ? stallProblem() : unreachable(url, error);
      });
    assertWhole(url, response);
    try {
      return await readBody(url, response, size, (bytes) => {
        restartTimer();
        hooks.onBytes?.(bytes);
      });
    } catch (error) {
      if (error instanceof FetchProblem) throw error;
      throw stalled.signal.aborted ? stallProblem() : new FetchProblem(`${url} was cut off on the way`, true);
    }
  } finally {
    clearTimeout(timer);
    // Aborts what was not read of the response.
    stalled.abort();
  }
}

/** A browser does not say why another host gave no answer, so the message lists the possible reasons. */
function unreachable(url: string, error: unknown): FetchProblem {
  const { host } = new URL(url);
  const said = error instanceof Error ? error.message : String(error);
  return new FetchProblem(
    `${url} gave no answer that this page may read (${said}). Either ${host} cannot be reached, or it does not let ` +
      'other sites read its files: it would have to send Access-Control-Allow-Origin: *',
    true,
  );
}

function assertWhole(url: string, response: Response): void {
  const { status } = response;
  if (status === 200) return;
  if (status === 206)
    throw new FetchProblem(`${url} answered 206, a part of the file, where all of it was asked for`, true);
  const passing = TRANSIENT.has(status);
  const meaning =
    status === 404 || status === 410 ? ': there is no such file' : status === 403 ? ': it may not be read' : '';
  const seconds = Number(response.headers.get('Retry-After') ?? '0');
  throw new FetchProblem(`${url} answered ${status}${meaning}`, passing, seconds > 0 ? 1000 * seconds : 0);
}

async function readBody(
  url: string,
  response: Response,
  size: { exact: number } | { most: number },
  onBytes: (bytes: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const most = 'exact' in size ? size.exact : size.most;
  const parts: Uint8Array[] = [];
  let length = 0;
  const reader = response.body?.getReader();
  while (reader) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > most) {
      const right = 'exact' in size ? `the ${most} that dataset.json says` : `${most}`;
      throw new FetchProblem(`${url} has more bytes than ${right}`, 'exact' in size);
    }
    parts.push(value);
    onBytes(length);
  }
  if ('exact' in size && length < most) {
    throw new FetchProblem(`${url} has ${length} bytes, not the ${most} that dataset.json says`, true);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Settles after a time, or rejects with the signal's reason. */
export function waitFor(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}

export const BROWSER_WORLD: FetchWorld = {
  fetch: (...args) => fetch(...args),
  wait: waitFor,
  stallMs: 30_000,
};
