/** Offline use: registers the service worker that the build writes (scripts/service-worker.js). */

/** Where a developer serves a build, one after the other, from the same address. */
function isLocal(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]';
}

/**
 * Registers the service worker once the page has loaded, so that it does not delay the first paint. Only in a
 * build, and not on localhost: a local server works offline, and another project on the same port must not get this
 * page from the cache. (A name under `.localhost` counts as a host of its own; the end-to-end test uses one.)
 */
export function registerOffline(): void {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator) || isLocal(location.hostname)) return;
  const register = (): void => {
    // Relative to the document: the page may live under any path.
    navigator.serviceWorker.register('./sw.js', { type: 'classic', updateViaCache: 'none' }).catch((error: unknown) => {
      // Private windows and odd hosts refuse; the page works all the same.
      console.info('Not available offline:', error);
    });
  };
  if (document.readyState === 'complete') register();
  else window.addEventListener('load', register, { once: true });
}

/** Addresses that were stored, so that none is fetched twice. */
const stored = new Set<string>();

/**
 * Has the service worker store files of this page that a part of it was loaded from, now that the part is used: a first
 * visit loads them before there is a service worker that could have seen them.
 *
 * @param addresses what a worker of that part was loaded from; the page's own files are known here.
 */
export function keepForOffline(addresses: readonly string[]): void {
  if (!('serviceWorker' in navigator)) return;
  const own = performance.getEntriesByType('resource').map(({ name }) => name);
  const base = new URL('./assets/', document.baseURI).href;
  const wanted = [...own, ...addresses].filter((address) => address.startsWith(base) && !stored.has(address));
  void navigator.serviceWorker.ready.then(async () => {
    await controlled();
    for (const address of wanted) {
      stored.add(address);
      // Served by the service worker if stored, otherwise usually by the browser's cache.
      await fetch(address).catch(() => stored.delete(address));
    }
  });
}

/** Resolves when the active service worker controls the page. */
function controlled(): Promise<void> {
  const { serviceWorker } = navigator;
  if (serviceWorker.controller) return Promise.resolve();
  return new Promise((resolve) => serviceWorker.addEventListener('controllerchange', () => resolve(), { once: true }));
}
