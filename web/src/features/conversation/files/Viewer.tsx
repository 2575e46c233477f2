/** The full view of pictures: one at a time, with those beside it one key away. */
import { ChevronLeft, ChevronRight, Download, X } from 'lucide-react';
import { type KeyboardEvent, useState } from 'react';
import { Dialog } from '../../../components/Dialog';
import { IconButton } from '../../../components/IconButton';
import type { FileView, MessageKey } from '../../../core/types';
import { useFile } from '../../../core/useFile';
import { useCore } from '../../../core/useView';
import { words } from '../../../i18n/words';
import { saveFile } from '../../../platform/clipboard';
import { UnderLine } from '../../../components/UnderLine';

/** A picture and the message that it belongs to. */
interface Shown {
  readonly key: MessageKey;
  readonly file: FileView;
}

interface ViewerProps {
  readonly pictures: readonly Shown[];
  readonly begin: number;
  readonly onClose: () => void;
}

function FullPicture({ picture }: { readonly picture: Shown }) {
  const found = useFile({ key: picture.key, index: picture.file.index, as: 'picture', isWanted: true });
  const { files } = words.chat;
  switch (found.state) {
    case 'waiting':
      return (
        <span className="w-48 self-center">
          <UnderLine label={files.downloading(picture.file.name)} />
        </span>
      );
    case 'failed':
      return <p role="alert" className="self-center text-sm text-danger">{files.failedOpen}</p>;
    case 'ready':
      return <img src={found.url} alt={picture.file.name} className="max-h-full max-w-full self-center object-contain" />;
  }
}

export function Viewer({ pictures, begin, onClose }: ViewerProps) {
  const { store } = useCore();
  const [at, setAt] = useState(begin);
  const { files } = words.chat;
  const picture = pictures[at];
  if (!picture) return undefined;
  const step = (by: number) => setAt((at + by + pictures.length) % pictures.length);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowLeft') step(-1);
    else if (event.key === 'ArrowRight') step(1);
  };
  const save = async () => saveFile(picture.file.name, await store.files.open(picture.key, picture.file.index));
  return (
    <Dialog title={files.viewer} onClose={onClose} fills>
      {/* The keys move between pictures wherever the focus is inside. */}
      {/* oxlint-disable-next-line jsx-a11y/no-static-element-interactions */}
      <div onKeyDown={onKeyDown} className="grid h-full rows-frame bg-canvas on-canvas">
        <header className="flex items-center gap-1 border-b border-line px-2 py-1.5">
          <bdi className="min-w-0 flex-1 truncate ps-2 text-sm font-label">{picture.file.name}</bdi>
          {pictures.length > 1 && <span className="text-xs text-ink-2 tabular-nums">{files.position(at + 1, pictures.length)}</span>}
          <IconButton label={files.save(picture.file.name)} icon={Download} onClick={() => void save().catch(() => {})} />
          <IconButton label={files.close} icon={X} onClick={onClose} />
        </header>
        <div className="grid min-h-0 justify-items-center overflow-hidden p-2 md:p-6">
          <FullPicture key={`${picture.key} ${picture.file.index}`} picture={picture} />
        </div>
        {pictures.length > 1 && (
          <footer className="flex justify-center gap-4 safe-bottom">
            <IconButton label={files.previous} icon={ChevronLeft} directional onClick={() => step(-1)} />
            <IconButton label={files.next} icon={ChevronRight} directional onClick={() => step(1)} />
          </footer>
        )}
      </div>
    </Dialog>
  );
}
