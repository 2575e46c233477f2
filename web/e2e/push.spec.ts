/** A push arrives at the service worker: a tab that lives fetches what came; without one, only that something came is said. */
import type { CDPSession, Page } from '@playwright/test';
import { expect, test } from './story';

/** The browser's own way to hand a push to the service worker of a page, without a push service. */
async function pusher(page: Page): Promise<{ readonly session: CDPSession; readonly registrationId: string }> {
  const session = await page.context().newCDPSession(page);
  const found = new Promise<string>((resolve) => {
    session.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
      const [first] = registrations;
      if (first) resolve(first.registrationId);
    });
  });
  await session.send('ServiceWorker.enable');
  return { session, registrationId: await found };
}

async function notifications(page: Page): Promise<readonly { readonly title: string; readonly body: string }[]> {
  return page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready;
    return (await registration.getNotifications()).map(({ title, body }) => ({ title, body }));
  });
}

test('a push says no more than that something came, and nothing while a tab tells it', async ({ user, server }) => {
  const { page } = await user('Alice');
  await page.context().grantPermissions(['notifications']);
  await page.evaluate(async () => navigator.serviceWorker.ready);
  const { session, registrationId } = await pusher(page);
  const push = () => session.send('ServiceWorker.deliverPushMessage', { origin: server.url, registrationId, data: 'what a stranger put in' });

  await page.evaluate(() => {
    navigator.serviceWorker.addEventListener('message', ({ data }) => {
      document.documentElement.dataset['heard'] = data.type;
    });
  });
  await push();
  await expect(page.locator('html')).toHaveAttribute('data-heard', 'pushed');
  expect(await notifications(page)).toEqual([]);

  // A page of the same server on which nothing of the program runs: it cannot answer.
  await page.goto(`${server.url}/changes.txt`);
  await push();
  await expect.poll(() => notifications(page)).toEqual([{ title: 'New message', body: '' }]);
});

test('the test of notifications shows how far one comes, and what is missing', async ({ user }, info) => {
  const { page } = await user('Alice');
  await page.evaluate(async () => navigator.serviceWorker.ready);
  await page.getByRole('button', { name: 'Settings' }).click();
  await page.getByRole('button', { name: 'Send a test' }).click();
  await expect(page.getByText(/^Turn on “Notify me on this device”/u)).toBeVisible();
  await page.context().grantPermissions(['notifications']);
  // The browser is asked first: the switch turns when it has answered.
  const notify = page.getByRole('switch', { name: 'Notify me on this device' });
  await notify.click();
  await expect(notify).toBeChecked();
  await page.getByRole('button', { name: 'Send a test' }).click();
  await expect(page.getByText(/^Works while Undertone is open/u)).toBeVisible();
  expect(await notifications(page)).toEqual([{ title: 'Undertone', body: 'This is a test.' }]);
  await page.screenshot({ path: info.outputPath('test.png') });
});
