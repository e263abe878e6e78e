/** The pages of the playground. Plain links, so that they open in a tab of their own too. */
import type { MouseEvent } from 'react';
import { goTo, pageAddress } from '../../address.ts';
import { useView } from '../view-store.ts';
import type { PageId } from '../view.ts';

const PAGES: readonly { id: PageId; name: string }[] = [
  { id: 'bandit', name: 'Bandit' },
  { id: 'datasets', name: 'Datasets' },
  { id: 'bodies', name: 'Bodies' },
  { id: 'locomotion', name: 'Locomotion' },
];

export function PageLinks() {
  const current = useView('page');

  function follow(event: MouseEvent, page: PageId): void {
    if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    goTo(page);
  }

  return (
    <nav className="page-links" aria-label="Pages">
      {PAGES.map(({ id, name }) => (
        <a
          key={id}
          href={pageAddress(id)}
          aria-current={id === current ? 'page' : undefined}
          data-testid={`page-${id}`}
          onClick={(event) => follow(event, id)}
        >
          {name}
        </a>
      ))}
    </nav>
  );
}
