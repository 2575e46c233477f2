/** Audio and video, played in place. Nothing is fetched before it is asked for. */
import { Play } from 'lucide-react';
import { useState } from 'react';
import { UnderLine } from '../../../components/UnderLine';
import type { FileView, MessageKey } from '../../../core/types';
import { useFile } from '../../../core/useFile';
import { sizeInWords } from '../../../i18n/sizes';
import { words } from '../../../i18n/words';
import { placeOf } from './kinds';
import { thumbnailUrl } from './thumbnail';

interface MediaProps {
  readonly messageKey: MessageKey;
  readonly file: FileView;
  readonly onBroken: () => void;
}

function Player({ url, file, onBroken }: { readonly url: string; readonly file: FileView; readonly onBroken: () => void }) {
  const { width, height } = placeOf(file);
  // What people send each other comes without captions.
  if (file.kind === 'audio') {
    // oxlint-disable-next-line jsx-a11y/media-has-caption
    return <audio src={url} controls autoPlay aria-label={file.name} onError={onBroken} className="block w-80 max-w-full" />;
  }
  return (
    // oxlint-disable-next-line jsx-a11y/media-has-caption
    <video src={url} controls autoPlay playsInline width={width} height={height} aria-label={file.name} onError={onBroken} className="block h-auto max-w-full" />
  );
}

function seconds(durationMs: number): string {
  const whole = Math.round(durationMs / 1000);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

export function Media({ messageKey, file, onBroken }: MediaProps) {
  const [isAsked, setAsked] = useState(false);
  const found = useFile({ key: messageKey, index: file.index, as: { mediaType: file.mediaType }, isWanted: isAsked });
  const { files } = words.chat;
  const { width, height } = placeOf(file);
  const small = file.kind === 'video' ? thumbnailUrl(file.thumbnail) : undefined;
  const about = file.durationMs === undefined ? sizeInWords(file.size) : `${seconds(file.durationMs)}${words.separator}${sizeInWords(file.size)}`;
  return (
    <div className="relative mt-1 w-fit max-w-full overflow-hidden rounded-bubble bg-sunken">
      {found.state === 'ready' ? (
        <Player url={found.url} file={file} onBroken={onBroken} />
      ) : (
        <button
          type="button"
          aria-label={`${files.play(file.name)} ${about}`}
          aria-disabled={isAsked}
          onClick={() => setAsked(true)}
          className="relative block max-w-full text-start focus-visible:-outline-offset-2"
        >
          {file.kind === 'video' && (
            <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden="true" className="block h-auto max-w-full" />
          )}
          {small !== undefined && <img src={small} alt="" className="absolute inset-0 size-full scale-110 object-cover blur-md" />}
          <span className={file.kind === 'video' ? 'absolute inset-x-2 bottom-2 flex items-center gap-2 rounded-field bg-raised px-3 py-1.5' : 'flex w-80 max-w-full items-center gap-3 px-3 py-2.5'}>
            <Play aria-hidden="true" size={18} strokeWidth={1.75} className="flex-none text-accent" />
            <bdi className="min-w-0 flex-1 truncate text-sm font-label text-ink">{file.name}</bdi>
            <span className="text-xs text-ink-2 tabular-nums">{about}</span>
          </span>
        </button>
      )}
      {isAsked && found.state === 'waiting' && (
        <span className="absolute inset-x-0 bottom-0">
          <UnderLine label={files.downloading(file.name)} />
        </span>
      )}
      {found.state === 'failed' && (
        <p role="alert" className="px-3 py-1.5 text-xs text-danger">
          {files.failedOpen}
        </p>
      )}
    </div>
  );
}
