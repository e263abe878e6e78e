/** Puts the chosen theme, or the system's, on the document. */
import { useEffect, useSyncExternalStore } from 'react';
import { useView } from '../view-store.ts';
import type { ThemeChoice } from '../view.ts';

/** Read by the page's first script too, so that a dark page never flashes white. */
const STORAGE_KEY = 'theme';

export function storedTheme(): ThemeChoice {
  try {
    const stored = localStorage.getItem(STORAGE_KEY);
    return stored === 'light' || stored === 'dark' ? stored : 'auto';
  } catch {
    return 'auto';
  }
}

const darkQuery = typeof matchMedia === 'undefined' ? null : matchMedia('(prefers-color-scheme: dark)');

function subscribe(listener: () => void): () => void {
  darkQuery?.addEventListener('change', listener);
  return () => darkQuery?.removeEventListener('change', listener);
}

export function useTheme(): 'light' | 'dark' {
  const choice = useView('theme');
  const systemDark = useSyncExternalStore(subscribe, () => darkQuery?.matches ?? false);
  const theme = choice === 'auto' ? (systemDark ? 'dark' : 'light') : choice;
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
    try {
      if (choice === 'auto') localStorage.removeItem(STORAGE_KEY);
      else localStorage.setItem(STORAGE_KEY, choice);
    } catch {
      // Storage may be forbidden; the link still holds the choice.
    }
  }, [theme, choice]);
  return theme;
}
