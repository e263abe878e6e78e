/**
 * The service worker, which opens the page without a network. It is a template: the build fills in the two constants
 * below (vite-service-worker.mjs).
 *
 * The page is never stale: the document and all files without a hash in their name are requested from the network first.
 * Files under assets/ are named by their content, so a stored one never expires. Responses are stored with their isolation
 * headers. A new version waits until the last page of the old one is closed, so that no page loses files it may still
 * load.
 */
/* global self, caches, fetch, URL */
const VERSION = '__VERSION__';
/** Paths relative to this file. */
const FILES = ['__FILES__'];

const CACHE = `diffusion-ql-playground ${self.registration.scope} ${VERSION}`;
const OWN_CACHES = `diffusion-ql-playground ${self.registration.scope} `;
/** Milliseconds after which the stored page is shown, if the network does not answer. */
const PATIENCE_MS = 4000;

self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES)));
});

self.addEventListener('activate', (event) => {
  event.waitUntil(
    (async () => {
      const names = await caches.keys();
      const old = names.filter((name) => name.startsWith(OWN_CACHES) && name !== CACHE);
      await Promise.all(old.map((name) => caches.delete(name)));
      await self.clients.claim();
    })(),
  );
});

async function store(request, response) {
  if (response.status === 200) {
    const cache = await caches.open(CACHE);
    await cache.put(request, response.clone());
  }
  return response;
}

async function cacheFirst(request) {
  const cache = await caches.open(CACHE);
  return (await cache.match(request)) ?? store(request, await fetch(request));
}

async function networkFirst(request, key) {
  const cache = await caches.open(CACHE);
  const stored = await cache.match(key, { ignoreSearch: true });
  try {
    const signal = stored === undefined ? null : AbortSignal.timeout(PATIENCE_MS);
    return await store(key, await fetch(request, { signal }));
  } catch (error) {
    if (stored !== undefined) return stored;
    throw error;
  }
}

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const { scope } = self.registration;
  if (request.method !== 'GET' || !request.url.startsWith(scope)) return;
  // Datasets have their own storage, and are not stored twice.
  if (request.cache === 'no-store') return;
  const path = new URL(request.url).pathname.slice(new URL(scope).pathname.length);
  if (path.startsWith('assets/')) {
    event.respondWith(cacheFirst(request));
  } else if (path === '' || path === 'index.html') {
    event.respondWith(networkFirst(request, scope));
  } else {
    event.respondWith(networkFirst(request, request));
  }
});
