/** What a message said before it was edited, and who has read it: lists in a dialog, read when it opens. */
import { useEffect, useState } from 'react';
import { Dialog } from '../../../components/Dialog';
import { UnderLine } from '../../../components/UnderLine';
import type { EditView, MessageKey, ReaderView } from '../../../core/types';
import { useCore } from '../../../core/useView';
import { momentInWords } from '../../../i18n/dates';
import { words } from '../../../i18n/words';
import { Blocks } from './Blocks';

interface MessageDialogProps {
  readonly messageKey: MessageKey;
  readonly onClose: () => void;
}

/** What a call answers, once; nothing until then. */
function useAnswer<T>(ask: () => Promise<readonly T[]>): readonly T[] | undefined {
  const [first] = useState(() => ask);
  const [answer, setAnswer] = useState<readonly T[]>();
  useEffect(() => {
    first().then(setAnswer, () => setAnswer([]));
  }, [first]);
  return answer;
}

function Reading({ label }: { readonly label: string }) {
  return (
    <div className="p-4.5">
      <UnderLine label={label} />
    </div>
  );
}

interface EditHistoryProps extends MessageDialogProps {
  /** The user's own id. */
  readonly me: string;
}

export function EditHistory({ messageKey, me, onClose }: EditHistoryProps) {
  const { core } = useCore();
  const text = words.chat.message;
  const edits = useAnswer<EditView>(() => core.edits(messageKey));
  return (
    <Dialog title={text.historyTitle} onClose={onClose}>
      {edits === undefined ? (
        <Reading label={text.historyTitle} />
      ) : (
        <ol className="min-h-0 divide-y divide-line overflow-auto px-4.5 quiet-scroll">
          {edits.map(({ blocks, mentions, atMs }) => (
            <li key={atMs} className="py-3">
              <p className="text-2xs text-ink-3 tabular-nums">{momentInWords(atMs)}</p>
              <div dir="auto" className="text-start text-sm wrap-anywhere">
                <Blocks blocks={blocks} mentions={mentions} me={me} isOwn={false} />
              </div>
            </li>
          ))}
        </ol>
      )}
    </Dialog>
  );
}

export function Readers({ messageKey, onClose }: MessageDialogProps) {
  const { core } = useCore();
  const text = words.chat.message;
  const readers = useAnswer<ReaderView>(() => core.readers(messageKey));
  return (
    <Dialog title={text.readersTitle} onClose={onClose}>
      {readers === undefined && <Reading label={text.readersTitle} />}
      {readers?.length === 0 && <p className="p-4.5 text-sm text-ink-2">{text.readersNobody}</p>}
      {readers !== undefined && readers.length > 0 && (
        <ul className="min-h-0 divide-y divide-line overflow-auto px-4.5 quiet-scroll">
          {readers.map(({ user, name, atMs }) => (
            <li key={user} className="flex min-h-12 items-center gap-3 text-sm">
              <bdi className="min-w-0 flex-1 truncate">{name}</bdi>
              {atMs !== undefined && <span className="text-xs text-ink-3 tabular-nums">{momentInWords(atMs)}</span>}
            </li>
          ))}
        </ul>
      )}
    </Dialog>
  );
}
