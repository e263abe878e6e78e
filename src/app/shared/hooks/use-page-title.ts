import { useEffect } from 'react';

/** Puts a page's name before the document's title, as long as the page is on show. */
export function usePageTitle(name: string): void {
  useEffect(() => {
    const title = document.title;
    document.title = `${name} – ${title}`;
    return () => {
      document.title = title;
    };
  }, [name]);
}
