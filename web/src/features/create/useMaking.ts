/** Making a conversation and going there; what was typed stays when it fails. */
import type { ConversationId } from '../../core/types';
import { useAct } from '../../core/useAct';
import { words } from '../../i18n/words';
import { navigate } from '../../platform/location';

/** As the protocol limits titles, in bytes. */
const TITLE_BYTES_MAX = 128;

/** What is wrong with a title. */
export function titleError(title: string): string | undefined {
  const { create } = words;
  if (title.trim() === '') return create.titleMissing;
  return new TextEncoder().encode(title.trim()).length > TITLE_BYTES_MAX ? create.titleTooLong : undefined;
}

/** `pathTo` says where to go when it is made. */
export function useMaking(pathTo: (conversation: ConversationId) => string) {
  const { isBusy, failure, run } = useAct();
  const make = (work: () => Promise<ConversationId>) =>
    run(async () => navigate(pathTo(await work()), { replace: true }));
  return { isBusy, failure, run: make };
}
