/** What was typed and not sent, by conversation, for as long as the page is open. Never stored: it isn't encrypted here. */

const drafts = new Map<string, string>();

/** What was typed here before. */
export function draftOf(conversation: string): string {
  return drafts.get(conversation) ?? '';
}

/** Keeps what is typed. */
export function keepDraft(conversation: string, text: string): void {
  if (text === '') drafts.delete(conversation);
  else drafts.set(conversation, text);
}
