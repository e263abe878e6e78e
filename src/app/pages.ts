/** The pages of the playground: one folder and one row each. */
import type { PageComponent } from './shared/navigation.ts';

interface PageRow {
  /** The value of `page` in links. */
  readonly id: string;
  /** The link in the header, and the start of the document's title. */
  readonly label: string;
  /** Loads the page's code. `fakeEngine` replaces the bandit's engine, in development only. */
  readonly load: (options: { fakeEngine: boolean }) => Promise<PageComponent>;
}

/** In the order of the header. The first is the default, and has the document's own title. */
export const PAGES: readonly PageRow[] = [
  {
    id: 'bandit',
    label: 'Bandit',
    load: async ({ fakeEngine }) => (await import('./bandit/open-page.tsx')).openBanditPage(fakeEngine),
  },
  { id: 'datasets', label: 'Datasets', load: async () => (await import('./datasets/DatasetsPage.tsx')).DatasetsPage },
  { id: 'bodies', label: 'Bodies', load: async () => (await import('./bodies/BodiesPage.tsx')).BodiesPage },
  {
    id: 'locomotion',
    label: 'Locomotion',
    load: async () => (await import('./locomotion/LocomotionPage.tsx')).LocomotionPage,
  },
];
