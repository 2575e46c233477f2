/** Says what is worth saying: in the page while somebody looks, by the system otherwise; counts in the title and at the icon. What is worth it the core decides. */
import { useEffect, useEffectEvent } from 'react';
import { settleToastAbout, showToast } from '../components/toasts';
import type { ConversationId, ConversationView, NotificationView } from '../core/types';
import { useCore } from '../core/useView';
import { words } from '../i18n/words';
import { navigate } from '../platform/location';
import { notify, notifying, setBadge, withdraw } from '../platform/notifying';
import { conversationPath } from '../platform/paths';
import { hasPush, pushAddress } from '../platform/push';

/** A tab that nobody looks at lets the others go first: each message is told once. */
const HIDDEN_TAB_WAITS_MS = 400;

function tagOf(conversation: ConversationId): string {
  return `conversation-${conversation}`;
}

/** What was said; in groups and rooms with the name of who said it. */
function gistOf({ title, senderName, text }: NotificationView): string {
  const said = text === '' ? words.notify.newMessage : text;
  return senderName === title ? said : words.conversation.announce(senderName, said);
}

function tellInPage(notification: NotificationView, jump: () => void): void {
  const { conversation, title } = notification;
  showToast({
    title,
    text: gistOf(notification),
    about: tagOf(conversation),
    onOpen: () => {
      jump();
      navigate(conversationPath(conversation));
    },
  });
}

/** Name and text only where the user turned that on. */
function tellBySystem(found: readonly NotificationView[]): void {
  const { isOn, showsText } = notifying.value;
  if (!isOn) return;
  for (const notification of found) {
    const { conversation, title } = notification;
    const announcement = { tag: tagOf(conversation), path: conversationPath(conversation) };
    const said = showsText ? { title, body: gistOf(notification) } : { title: words.notify.newMessage };
    notify({ ...announcement, ...said }).catch(() => {});
  }
}

/** Takes what is to be announced, and announces it. */
export function useNotifications(open: ConversationId | undefined): void {
  const { core, store } = useCore();
  const take = useEffectEvent(async () => {
    const found = await core.notifications();
    const isLookedAt = document.visibilityState === 'visible' && document.hasFocus();
    if (!isLookedAt) {
      tellBySystem(found);
      return;
    }
    for (const each of found) {
      if (each.conversation !== open) tellInPage(each, () => store.timeline(each.conversation).toMessage(each.key));
    }
  });
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const soon = () => {
      clearTimeout(timer);
      // What could not be read now is announced with the next.
      timer = setTimeout(() => void take().catch(() => {}), document.visibilityState === 'visible' ? 0 : HIDDEN_TAB_WAITS_MS);
    };
    soon();
    const stop = store.listenForNotifications(soon);
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [store]);
}

/** Tells the server again how this device is woken: it forgets that with a session, and the browser may have changed it. */
export function usePushAddress(): void {
  const { core } = useCore();
  useEffect(() => {
    const tell = async () => {
      const address = hasPush() ? await pushAddress() : undefined;
      if (address) await core.pushSubscribe(address);
    };
    // Offline it is told at the next start.
    tell().catch(() => {});
  }, [core]);
}

/** The conversations with something unread, in the title and at the icon; what was read is no longer announced. */
export function useCounts(open: ConversationView | undefined, all: readonly ConversationView[]): void {
  const unread = all.filter((each) => each.unread > 0 && each.request !== true).length;
  useEffect(() => {
    const name = open ? `${open.title}${words.separator}${words.product}` : words.product;
    document.title = unread > 0 ? `(${unread}) ${name}` : name;
  }, [open, unread]);
  useEffect(() => setBadge(unread), [unread]);
  const read = open?.unread === 0 ? open.conversation : undefined;
  useEffect(() => {
    // A notification of the system that stays a little longer does no harm.
    if (read === undefined) return;
    settleToastAbout(tagOf(read));
    withdraw(tagOf(read)).catch(() => {});
  }, [read]);
}
