import { useSyncExternalStore } from 'react';

/** One query for the page; made when it is first asked for, since jsdom and Node have none. */
let query: MediaQueryList | null = null;

function reducedMotion(): MediaQueryList | null {
  if (!query && typeof matchMedia !== 'undefined') query = matchMedia('(prefers-reduced-motion: reduce)');
  return query;
}

function subscribe(listener: () => void): () => void {
  const watched = reducedMotion();
  watched?.addEventListener('change', listener);
  return () => watched?.removeEventListener('change', listener);
}

export function useReducedMotion(): boolean {
  return useSyncExternalStore(subscribe, () => reducedMotion()?.matches ?? false);
}
