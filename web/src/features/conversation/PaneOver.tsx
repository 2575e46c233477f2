/** What stands over a conversation for a moment: pictures in full, where to forward to, who has read, what was said before. */
import type { ConversationId, GalleryView, TimelineView } from '../../core/types';
import { Viewer } from './files/Viewer';
import { EditHistory, Readers } from './message/MessageDialogs';
import { ForwardDialog } from './select/ForwardDialog';
import type { Over } from './useMessageActs';

interface PaneOverProps {
  readonly conversation: ConversationId;
  readonly over: Over;
  readonly timeline: TimelineView | undefined;
  /** The user's own id. */
  readonly me: string;
  readonly onClose: () => void;
  readonly onForwarded: () => void;
}

/** The pictures among the messages that are held: enough until all of the conversation are known. */
function picturesOf(timeline: TimelineView | undefined): readonly GalleryView[] {
  return (timeline?.messages ?? []).flatMap(({ key, files, deleted }) => (deleted ? [] : files.map((file) => ({ key, file }))));
}

export function PaneOver({ conversation, over, timeline, me, onClose, onForwarded }: PaneOverProps) {
  switch (over.kind) {
    case 'nothing':
      return undefined;
    case 'forward':
      return (
        <ForwardDialog
          keys={over.keys}
          onClose={onClose}
          onDone={() => {
            onForwarded();
            onClose();
          }}
        />
      );
    case 'readers':
      return <Readers messageKey={over.key} onClose={onClose} />;
    case 'history':
      return <EditHistory messageKey={over.key} me={me} onClose={onClose} />;
    case 'picture':
      return <Viewer conversation={conversation} begin={{ key: over.key, index: over.index }} near={picturesOf(timeline)} onClose={onClose} />;
  }
}
