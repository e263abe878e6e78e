/** The pages of the playground. Plain links, so that they open in a tab of their own too. */
import type { MouseEvent } from 'react';
import { useNavigation } from '../navigation.ts';
import { useView } from '../view-store.ts';

export function PageLinks() {
  const { pages, addressOf, goTo } = useNavigation();
  const current = useView('page');

  function follow(event: MouseEvent, page: string): void {
    if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    goTo(page);
  }

  return (
    <nav className="page-links" aria-label="Pages">
      {pages.map(({ id, label }) => (
        <a
          key={id}
          href={addressOf(id)}
          aria-current={id === current ? 'page' : undefined}
          data-testid={`page-${id}`}
          onClick={(event) => follow(event, id)}
        >
          {label}
        </a>
      ))}
    </nav>
  );
}
