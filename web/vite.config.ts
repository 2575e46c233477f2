/** How the screen is built: hashed files, nothing inlined, so that the strict content policy holds. */
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { brotli } from './compress';

export default defineConfig({
  plugins: [react(), tailwindcss(), brotli()],
  worker: { format: 'es' },
  build: {
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 600,
  },
  server: { proxy: { '/api': { target: 'http://localhost:8080', ws: true } } },
  test: {
    environment: 'happy-dom',
    include: ['src/**/*.test.{ts,tsx}'],
    setupFiles: ['src/core/testing/setup.ts'],
    testTimeout: 60_000,
  },
});
