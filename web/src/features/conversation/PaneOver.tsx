/** What stands over a conversation for a moment: pictures in full, where to forward to, who has read, what was said before. */
import type { TimelineView } from '../../core/types';
import { shownAs } from './files/kinds';
import { Viewer } from './files/Viewer';
import { EditHistory, Readers } from './message/MessageDialogs';
import { ForwardDialog } from './select/ForwardDialog';
import type { Over } from './useMessageActs';

interface PaneOverProps {
  readonly over: Over;
  readonly timeline: TimelineView | undefined;
  readonly onClose: () => void;
  readonly onForwarded: () => void;
}

export function PaneOver({ over, timeline, onClose, onForwarded }: PaneOverProps) {
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
      return <EditHistory messageKey={over.key} onClose={onClose} />;
    case 'picture': {
      const pictures = (timeline?.messages ?? []).flatMap(({ key, files, deleted }) =>
        deleted ? [] : files.filter((file) => shownAs(file) === 'picture').map((file) => ({ key, file })),
      );
      const begin = pictures.findIndex(({ key, file }) => key === over.key && file.index === over.index);
      return <Viewer pictures={pictures} begin={Math.max(0, begin)} onClose={onClose} />;
    }
  }
}
