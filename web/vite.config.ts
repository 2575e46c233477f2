/** How the screen is built: hashed files, nothing inlined, so that the strict content policy holds. */
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { budget } from './budget';
import { brotli } from './compress';
import manifest from './package.json' with { type: 'json' };
import { shell } from './shell';

/** Set by `cargo xtask build --release`. */
const isReleased = process.env['UNDERTONE_RELEASED'] === 'yes';

export default defineConfig({
  plugins: [react(), tailwindcss(), shell(manifest.version), brotli(isReleased), budget(isReleased)],
  define: { UNDERTONE_VERSION: JSON.stringify(manifest.version) },
  worker: { format: 'es' },
  build: {
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 600,
    rolldownOptions: {
      input: { index: 'index.html', sw: 'src/service-worker/worker.ts' },
      output: { entryFileNames: ({ name }) => (name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js') },
    },
  },
  server: { proxy: { '/api': { target: 'http://localhost:8080', ws: true } } },
  test: {
    environment: 'happy-dom',
    include: ['src/**/*.test.{ts,tsx}', '*.test.ts'],
    setupFiles: ['src/core/testing/setup.ts'],
    testTimeout: 60_000,
  },
});
