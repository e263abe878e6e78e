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
    // Nothing becomes a data: address: WebAssembly streams only from a file, and the page stays small.
    assetsInlineLimit: 0,
    // Bundling the worker inside the page's build is slow by its nature; no need to say so each time.
    rolldownOptions: { checks: { bundlerTimings: false } },
    // The training worker holds tfjs and its three backends; it loads beside the page and never delays it.
    chunkSizeWarningLimit: 2500,
  },
  // MuJoCo finds its WebAssembly beside its own file, which bundling it ahead would move.
  optimizeDeps: { exclude: ['@mujoco/mujoco'] },
  server: { headers: ISOLATION_HEADERS },
  preview: { headers: ISOLATION_HEADERS },
});
