/** The full view of pictures: one at a time, and those of the whole conversation one key or swipe away. */
import { ChevronLeft, ChevronRight, Download, X } from 'lucide-react';
import { type KeyboardEvent, useEffect, useState } from 'react';
import { Dialog } from '../../../components/Dialog';
import { IconButton } from '../../../components/IconButton';
import { UnderLine } from '../../../components/UnderLine';
import type { ConversationId, GalleryView, MessageKey } from '../../../core/types';
import { useFile } from '../../../core/useFile';
import { useSaving } from '../../../core/useSaving';
import { useCore, useValue } from '../../../core/useView';
import { sizeInWords } from '../../../i18n/sizes';
import { words } from '../../../i18n/words';
import { fileProblem } from './failures';
import { isFetchedUnasked, shownAs } from './kinds';
import { useSwipe } from './swipe';

/** Which picture. */
interface Place {
  readonly key: MessageKey;
  readonly index: number;
}

interface ViewerProps {
  readonly conversation: ConversationId;
  readonly begin: Place;
  /** What is known before all pictures of the conversation are. */
  readonly near: readonly GalleryView[];
  readonly onClose: () => void;
}

function FullPicture({ picture }: { readonly picture: GalleryView }) {
  const found = useFile({ key: picture.key, index: picture.file.index, as: 'picture', isWanted: true });
  const [isBroken, setBroken] = useState(false);
  const { files } = words.chat;
  switch (isBroken ? 'broken' : found.state) {
    case 'waiting':
      return (
        <span className="w-48 self-center">
          <UnderLine label={files.downloading(picture.file.name)} />
        </span>
      );
    case 'failed':
      return <p role="alert" className="self-center text-sm text-danger">{found.state === 'failed' ? fileProblem(found.error) : files.failedOpen}</p>;
    case 'broken':
      return <p role="alert" className="self-center text-sm text-danger">{files.failedOpen}</p>;
    case 'ready':
      return (
        <img
          src={found.state === 'ready' ? found.url : undefined}
          alt={picture.file.name}
          draggable={false}
          onError={() => setBroken(true)}
          className="max-h-full max-w-full self-center object-contain select-none"
        />
      );
  }
}

/** The picture that is looked at, among all of them; if it was deleted meanwhile, the one that stands there now. */
function useGallery({ conversation, begin, near }: ViewerProps) {
  const { store } = useCore();
  const known = useValue(store.pictures(conversation));
  const pictures = (known ?? near).filter(({ file }) => shownAs(file) === 'picture');
  const [place, setPlace] = useState(begin);
  const [last, setLast] = useState(0);
  const found = pictures.findIndex(({ key, file }) => key === place.key && file.index === place.index);
  const at = found === -1 ? Math.min(last, pictures.length - 1) : found;
  const to = (next: number) => {
    const picture = pictures[next];
    if (!picture) return;
    setPlace({ key: picture.key, index: picture.file.index });
    setLast(next);
  };
  const before = pictures[at - 1];
  const after = pictures[at + 1];
  useEffect(() => {
    for (const picture of [before, after]) {
      // What cannot be opened says so when it is looked at.
      if (picture && isFetchedUnasked(picture.file)) store.files.open(picture.key, picture.file.index, 'picture').catch(() => {});
    }
  }, [store, before, after]);
  return { pictures, at, to };
}

function SaveButton({ picture }: { readonly picture: GalleryView }) {
  const { saving, onSave } = useSaving(picture.key, picture.file);
  const { files } = words.chat;
  return (
    <>
      {saving.state === 'failed' && <span role="alert" className="text-xs text-danger">{fileProblem(saving.error)}</span>}
      {saving.state === 'running' && <span className="text-xs text-ink-2 tabular-nums">{files.saving(files.progress(sizeInWords(saving.done), sizeInWords(picture.file.size)))}</span>}
      <IconButton label={files.save(picture.file.name)} icon={Download} onClick={onSave} />
    </>
  );
}

/** One picture on, as the language reads. */
const AHEAD = 1;
/** Towards the right edge is ahead, unless one reads from there. */
const towardsRight = () => (document.documentElement.dir === 'rtl' ? -AHEAD : AHEAD);

export function Viewer(props: ViewerProps) {
  const { pictures, at, to } = useGallery(props);
  const { files } = words.chat;
  const swipe = useSwipe((way) => to(at + way * towardsRight()));
  const picture = pictures[at];
  if (!picture) return undefined;
  const onKeyDown = (event: KeyboardEvent) => {
    const ways: Readonly<Record<string, number>> = {
      ArrowLeft: at - towardsRight(),
      ArrowRight: at + towardsRight(),
      Home: 0,
      End: pictures.length - 1,
    };
    const next = ways[event.key];
    if (next === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    to(next);
  };
  const name = `${picture.key} ${picture.file.index}`;
  return (
    <Dialog title={files.viewer} onClose={props.onClose} fills>
      {/* The keys move between pictures wherever the focus is inside. */}
      {/* oxlint-disable-next-line jsx-a11y/no-static-element-interactions */}
      <div onKeyDown={onKeyDown} className="grid h-full rows-frame bg-canvas on-canvas">
        <header className="flex items-center gap-1 border-b border-line px-2 py-1.5">
          <bdi className="min-w-0 flex-1 truncate ps-2 text-sm font-label">{picture.file.name}</bdi>
          {pictures.length > 1 && (
            <span role="status" className="text-xs text-ink-2 tabular-nums">
              {files.position(at + 1, pictures.length)}
            </span>
          )}
          <SaveButton key={name} picture={picture} />
          <IconButton label={files.close} icon={X} onClick={props.onClose} />
        </header>
        <div {...swipe} className="grid min-h-0 touch-pan-y touch-pinch-zoom justify-items-center overflow-hidden p-2 md:p-6">
          <FullPicture key={name} picture={picture} />
        </div>
        {pictures.length > 1 && (
          <footer className="flex justify-center gap-4 safe-bottom">
            <IconButton label={files.previous} icon={ChevronLeft} directional aria-disabled={at === 0} onClick={() => to(at - AHEAD)} />
            <IconButton label={files.next} icon={ChevronRight} directional aria-disabled={at === pictures.length - 1} onClick={() => to(at + AHEAD)} />
          </footer>
        )}
      </div>
    </Dialog>
  );
}
