/** What was typed and not sent: at once on the screen, soon afterwards in the core's encrypted store, so that it outlives the page. */
import { useCallback, useEffect, useRef, useState } from 'react';
import type { ConversationId, MemberView, UserId } from '../../../core/types';
import { useCore } from '../../../core/useView';
import { draftOf, keepDraft } from '../../../platform/drafts';
import { beforeLeaving } from '../../../platform/leaving';
import { withIds, withNames } from './mentions';

const KEPT_AFTER_MS = 400;

interface Draft {
  readonly text: string;
  /** The text as it is sent: whom its names mean is written out. */
  readonly source: () => string;
  readonly change: (text: string) => void;
  readonly name: (name: string, user: UserId | 'everyone' | 'admins') => void;
}

/** The draft of a conversation. */
export function useDraft(conversation: ConversationId, people: readonly MemberView[]): Draft {
  const { core } = useCore();
  const [text, setText] = useState(() => draftOf(conversation));
  const named = useRef(new Map<string, UserId | 'everyone' | 'admins'>());
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const latest = useRef(text);
  const isTouched = useRef(text !== '');

  const keep = useCallback(() => {
    clearTimeout(timer.current);
    timer.current = undefined;
    // A draft that could not be kept is still on the screen.
    return core.saveDraft(conversation, withIds(latest.current, named.current)).catch(() => {});
  }, [core, conversation]);

  useEffect(() => () => {
    if (timer.current !== undefined) void keep();
  }, [keep]);

  // Also what was typed a moment ago.
  useEffect(() => beforeLeaving(async () => (timer.current === undefined ? undefined : keep())), [keep]);

  const show = useCallback((source: string) => {
    const read = withNames(source, (user) => people.find((person) => person.user === user)?.name);
    for (const [name, user] of read.named) named.current.set(name, user);
    latest.current = read.text;
    setText(read.text);
  }, [people]);

  useEffect(() => {
    if (isTouched.current) return;
    core.draft(conversation).then((kept) => {
      if (!isTouched.current && kept) show(kept);
    }, () => {});
  }, [core, conversation, show]);

  const change = useCallback((next: string) => {
    isTouched.current = true;
    latest.current = next;
    setText(next);
    keepDraft(conversation, next);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => void keep(), next === '' ? 0 : KEPT_AFTER_MS);
  }, [conversation, keep]);

  const name = useCallback((shown: string, user: UserId | 'everyone' | 'admins') => {
    named.current.set(shown, user);
  }, []);

  const source = useCallback(() => withIds(latest.current.trim(), named.current), []);

  return { text, source, change, name };
}
