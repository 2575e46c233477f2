/** Audio and video, played in place as they are fetched. Nothing is fetched before it is asked for. */
import { Download, Play } from 'lucide-react';
import { useState } from 'react';
import { IconButton } from '../../../components/IconButton';
import { UnderLine } from '../../../components/UnderLine';
import type { FileView, MessageKey } from '../../../core/types';
import { useStream } from '../../../core/useStream';
import { sizeInWords } from '../../../i18n/sizes';
import { words } from '../../../i18n/words';
import { fileProblem } from './failures';
import { placeOf } from './kinds';
import { thumbnailUrl } from './thumbnail';

interface MediaProps {
  readonly messageKey: MessageKey;
  readonly file: FileView;
  /** It cannot be played: it becomes a row. */
  readonly onBroken: () => void;
  readonly onSave: () => void;
}

interface PlayerProps {
  readonly url: string;
  readonly file: FileView;
  readonly onError: (error: MediaError | null) => void;
}

function Player({ url, file, onError }: PlayerProps) {
  const { width, height } = placeOf(file);
  const shared = { src: url, controls: true, autoPlay: true, 'aria-label': file.name } as const;
  // What people send each other comes without captions.
  if (file.kind === 'audio') {
    return (
      <>
        {/* oxlint-disable-next-line jsx-a11y/media-has-caption */}
        <audio {...shared} onError={(event) => onError(event.currentTarget.error)} className="block w-80 max-w-full" />
        <bdi className="block w-0 min-w-full truncate px-3.5 pb-1.5 text-xs text-ink-2">{file.name}</bdi>
      </>
    );
  }
  return (
    // oxlint-disable-next-line jsx-a11y/media-has-caption
    <video {...shared} playsInline width={width} height={height} onError={(event) => onError(event.currentTarget.error)} className="block h-auto max-w-full" />
  );
}

function seconds(durationMs: number): string {
  const whole = Math.round(durationMs / 1000);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

/** What stands there before it is played: its name, and of a video the blurred small picture. */
function Still({ file, isAsked, onAsk }: { readonly file: FileView; readonly isAsked: boolean; readonly onAsk: () => void }) {
  const { files } = words.chat;
  const { width, height } = placeOf(file);
  const isVideo = file.kind === 'video';
  const small = isVideo ? thumbnailUrl(file.thumbnail) : undefined;
  const about = file.durationMs === undefined ? sizeInWords(file.size) : `${seconds(file.durationMs)}${words.separator}${sizeInWords(file.size)}`;
  return (
    <button
      type="button"
      aria-label={`${files.play(file.name)} ${about}`}
      aria-disabled={isAsked}
      onClick={onAsk}
      className="relative block max-w-full text-start focus-visible:-outline-offset-2"
    >
      {isVideo && (
        <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden="true" className="block h-auto max-w-full" />
      )}
      {small !== undefined && <img src={small} alt="" className="absolute inset-0 size-full scale-110 object-cover blur-md" />}
      <span className={isVideo ? 'absolute inset-x-2 bottom-2 flex items-center gap-2 rounded-field bg-raised px-3 py-1.5' : 'flex min-h-13.5 w-80 max-w-full items-center gap-3 py-2.5 ps-3 pe-14'}>
        <Play aria-hidden="true" size={18} strokeWidth={1.75} className="flex-none text-accent" />
        <bdi className="min-w-0 flex-1 truncate text-sm font-label text-ink">{file.name}</bdi>
        <span className="text-xs text-ink-2 tabular-nums">{about}</span>
      </span>
    </button>
  );
}

export function Media({ messageKey, file, onBroken, onSave }: MediaProps) {
  const [isAsked, setAsked] = useState(false);
  const [isLost, setLost] = useState(false);
  const found = useStream(messageKey, file, isAsked);
  const { files } = words.chat;
  const ask = () => {
    setLost(false);
    setAsked(true);
  };
  const onError = (error: MediaError | null) => {
    if (error?.code !== MediaError.MEDIA_ERR_NETWORK) {
      onBroken();
      return;
    }
    setAsked(false);
    setLost(true);
  };
  const problem = isLost ? files.playAgain : found.state === 'too_large' ? files.onlySaved : found.state === 'failed' ? fileProblem(found.error) : undefined;
  return (
    <div className="relative mt-1 w-fit max-w-full overflow-hidden rounded-bubble bg-sunken">
      {found.state === 'ready' ? <Player url={found.url} file={file} onError={onError} /> : <Still file={file} isAsked={isAsked} onAsk={ask} />}
      {found.state !== 'ready' && (
        <span className={file.kind === 'video' ? 'absolute end-1 top-1 flex rounded-field bg-raised' : 'absolute end-1 top-1.5 flex'}>
          <IconButton label={files.save(file.name)} icon={Download} onClick={onSave} />
        </span>
      )}
      {isAsked && found.state === 'waiting' && (
        <span className="absolute inset-x-0 bottom-0">
          <UnderLine label={files.downloading(file.name)} />
        </span>
      )}
      {problem !== undefined && (
        <p role="alert" className="w-0 min-w-full px-3 py-1.5 text-xs text-danger">
          {problem}
        </p>
      )}
    </div>
  );
}
