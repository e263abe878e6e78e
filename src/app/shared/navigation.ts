/** What pages and the shared layout may ask of the links between pages. `main.tsx` provides it from the table of pages. */
import { createContext, useContext, type ComponentType } from 'react';

/** A page. It calls `onReady` once it shows what was asked for. */
export type PageComponent = ComponentType<{ onReady: () => void }>;

export interface Navigation {
  /** In the order of the header. */
  pages: readonly { readonly id: string; readonly label: string }[];
  /** The address of a page, with the present experiment and view. */
  addressOf: (page: string) => string;
  /** The address of what is shown now. */
  currentAddress: () => string;
  /** Opens a page; the browser's Back returns. A run continues meanwhile. */
  goTo: (page: string) => void;
}

export const NavigationContext = createContext<Navigation>({
  pages: [],
  addressOf: () => location.href,
  currentAddress: () => location.href,
  goTo: () => undefined,
});

export function useNavigation(): Navigation {
  return useContext(NavigationContext);
}
