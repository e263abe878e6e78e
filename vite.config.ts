import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { thirdPartyLicences } from './scripts/licences.mjs';
import { ISOLATION_HEADERS } from './scripts/server.mjs';
import { serviceWorker } from './scripts/vite-service-worker.mjs';

export default defineConfig({
  // Relative addresses, so that the built folder works from any static host and any sub-path.
  base: './',
  plugins: [react(), thirdPartyLicences(), serviceWorker()],
  worker: { format: 'es', rolldownOptions: { checks: { bundlerTimings: false } } },
  build: {
    target: 'es2022',
    // No file becomes a data: URL, because WebAssembly streams only from a file and the page stays small.
    assetsInlineLimit: 0,
    // Bundling the worker inside the page's build is always slow, so the warning is off.
    rolldownOptions: { checks: { bundlerTimings: false } },
    // The training worker contains tfjs and its three backends. It loads in parallel and does not delay the page.
    chunkSizeWarningLimit: 2500,
  },
  // MuJoCo loads its WebAssembly relative to its own file, which pre-bundling would move.
  optimizeDeps: { exclude: ['@mujoco/mujoco'] },
  server: { headers: ISOLATION_HEADERS },
  preview: { headers: ISOLATION_HEADERS },
});
