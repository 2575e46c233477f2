/** Watches every page of every story: the content policy is not broken, no other host is asked, nothing throws. */
import type { Page } from '@playwright/test';

const offences: string[] = [];

/** Begins to watch a page of a server. */
export function watch(page: Page, url: string): void {
  const { origin, host } = new URL(url);
  page.on('request', (request) => {
    const asked = new URL(request.url());
    const isOwn = asked.origin === origin || asked.protocol === 'blob:' || asked.protocol === 'data:';
    if (!isOwn) offences.push(`asked another host: ${request.url()}`);
  });
  page.on('websocket', (socket) => {
    if (new URL(socket.url()).host !== host) offences.push(`connected to another host: ${socket.url()}`);
  });
  page.on('pageerror', (error) => offences.push(`threw: ${error.message}`));
  page.on('console', (message) => {
    if (/Content Security Policy|Trusted ?Type|panicked/iu.test(message.text())) offences.push(message.text());
  });
}

/** What was seen since it was asked last. */
export function takeOffences(): readonly string[] {
  return offences.splice(0);
}
