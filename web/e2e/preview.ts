/** The screen over a core in memory, built as a page and served from a folder: for what the page does alone. There is no server and no WebAssembly. */
import { test as base } from '@playwright/test';
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type InlineConfig, preview as serve } from 'vite';

const PAGE = fileURLToPath(new URL('../preview.html', import.meta.url));

/** The page while it is served. */
export interface Preview {
  /** The address of a scene, at a path of the screen. */
  readonly at: (scene: string, path?: string) => string;
  readonly close: () => Promise<void>;
}

/** Builds the page and serves it. */
export async function startPreview(): Promise<Preview> {
  const outDir = await mkdtemp(join(tmpdir(), 'undertone-preview-'));
  const options: InlineConfig = { configFile: false, plugins: [react(), tailwindcss()], define: { UNDERTONE_VERSION: '"preview"' }, logLevel: 'error' };
  await build({ ...options, build: { outDir, target: 'es2023', assetsInlineLimit: 0, rolldownOptions: { input: PAGE } } });
  const server = await serve({ ...options, build: { outDir }, preview: { port: 0 } });
  return {
    at: (scene, path = '/') => new URL(`/preview.html?${new URLSearchParams({ scene, path }).toString()}`, server.resolvedUrls?.local[0]).href,
    close: async () => {
      await server.close();
      await rm(outDir, { recursive: true, force: true });
    },
  };
}


/** What every look at the preview has: the page, built once. */
export const test = base.extend<object, { readonly preview: Preview }>({
  preview: [
    // oxlint-disable-next-line no-empty-pattern -- what it needs is named there
    async ({}, use) => {
      const preview = await startPreview();
      await use(preview);
      await preview.close();
    },
    { scope: 'worker' },
  ],
});

export { expect } from '@playwright/test';
