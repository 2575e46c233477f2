/**
 * Stories in a real browser against a real server. `UNDERTONE_BIN` is the program to test, with its web page
 * built before; `CHROMIUM` the browser, where it isn't at its usual place.
 */
import { defineConfig } from '@playwright/test';

const CHROMIUM_ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export default defineConfig({
  testDir: 'e2e',
  outputDir: 'test-results',
  workers: 1,
  forbidOnly: Boolean(process.env['CI']),
  retries: 0,
  // Making keys is meant to be slow, and machines that test are busy.
  timeout: 240_000,
  expect: { timeout: 45_000 },
  reporter: [['list']],
  projects: [
    { name: 'stories', testIgnore: 'pictures.spec.ts' },
    { name: 'pictures', testMatch: 'pictures.spec.ts', use: { deviceScaleFactor: 1.5 } },
    // In a folder of its own: what a failed story left must outlive it.
    { name: 'bench', outputDir: 'test-results-bench', testDir: 'bench', testMatch: '*.bench.ts', timeout: 3_600_000 },
  ],
  use: {
    browserName: 'chromium',
    locale: 'en-GB',
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
      args: CHROMIUM_ARGUMENTS,
    },
  },
});
