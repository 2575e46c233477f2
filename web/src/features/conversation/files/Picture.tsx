/** A picture at its size before it is there: first its blurred small one, then itself. Pressing it opens the full view. */
import { useEffect, useRef, useState } from 'react';
import type { FileView, MessageKey } from '../../../core/types';
import { useFile } from '../../../core/useFile';
import { sizeInWords } from '../../../i18n/sizes';
import { words } from '../../../i18n/words';
import { useIsNear } from '../../../platform/near';
import { fileProblem } from './failures';
import { isFetchedUnasked, placeOf } from './kinds';
import { thumbnailUrl } from './thumbnail';
import { type TransferActs, TransferButtons, TransferLine, transferText } from './Transfer';

interface PictureProps extends TransferActs {
  readonly messageKey: MessageKey;
  readonly file: FileView;
  readonly isOwn: boolean;
  readonly onOpen: () => void;
  /** It cannot be drawn: it becomes a row. */
  readonly onBroken: () => void;
}

export function Picture({ messageKey, file, isOwn, onOpen, onBroken, ...acts }: PictureProps) {
  const place = useRef<HTMLDivElement>(null);
  const isNear = useIsNear(place);
  const [isAsked, setAsked] = useState(isFetchedUnasked(file));
  const [isDrawn, setDrawn] = useState(false);
  const found = useFile({ key: messageKey, index: file.index, as: 'picture', isWanted: isNear && isAsked });
  const { width, height } = placeOf(file);
  const small = thumbnailUrl(file.thumbnail);
  const { files } = words.chat;
  const cannotBeShown = found.state === 'failed' && found.error.code === 'picture_not_shown';
  useEffect(() => {
    if (cannotBeShown) onBroken();
  }, [cannotBeShown, onBroken]);
  const isRunning = file.transfer.state !== 'none' && file.transfer.state !== 'here';
  return (
    <div ref={place} className="relative mt-1 w-fit max-w-full overflow-hidden rounded-bubble bg-sunken">
      <button
        type="button"
        aria-label={isAsked ? files.open(file.name) : `${files.open(file.name)} ${sizeInWords(file.size)}`}
        onClick={isAsked ? onOpen : () => setAsked(true)}
        className="relative block max-w-full focus-visible:-outline-offset-2"
      >
        {small !== undefined && !isDrawn && (
          <img src={small} alt="" className="absolute inset-0 size-full scale-110 object-cover blur-md" />
        )}
        {/* Holds the place at its own proportions, whatever the file turns out to be. */}
        <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden="true" className="relative block h-auto max-w-full" />
        {found.state === 'ready' && (
          <img
            src={found.url}
            alt={file.name}
            decoding="async"
            onLoad={() => setDrawn(true)}
            onError={onBroken}
            className="absolute inset-0 size-full object-cover"
          />
        )}
        {!isAsked && (
          <span className="absolute inset-x-0 bottom-0 bg-raised px-3 py-1.5 text-xs text-ink-2">{sizeInWords(file.size)}</span>
        )}
      </button>
      {found.state === 'failed' && (
        <p role="alert" className="w-0 min-w-full px-3 py-1.5 text-xs text-danger">
          {fileProblem(found.error)}
        </p>
      )}
      {file.transfer.state === 'failed' && (
        <p role="alert" className="w-0 min-w-full px-3 py-1.5 text-xs text-danger">
          {transferText(file)}
        </p>
      )}
      {isRunning && (
        <span className="absolute end-1 top-1 flex rounded-field bg-raised">
          <TransferButtons file={file} isOwn={isOwn} {...acts} />
        </span>
      )}
      <TransferLine file={file} />
    </div>
  );
}
