/** The page without a network: registers the service worker that the build writes (scripts/service-worker.js). */

/** Where a developer serves a build, one after the other, from the same address. */
function isLocal(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]';
}

/**
 * Registers the service worker once the page has loaded, so that it takes nothing from the first paint. Only in a
 * build, and not on this machine: a server here needs no network, and one that serves something else tomorrow must not
 * find this page in its place. (A name under `.localhost` counts as a host of its own; the end-to-end test uses one.)
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
