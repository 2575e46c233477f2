/** How far a file is on its way: the under-line, what runs beneath it in words, and the buttons for it. */
import { Pause, Play, RotateCw, X } from 'lucide-react';
import { IconButton } from '../../../components/IconButton';
import { UnderLine } from '../../../components/UnderLine';
import type { FileView } from '../../../core/types';
import { sizeInWords } from '../../../i18n/sizes';
import { words } from '../../../i18n/words';
import { uploadProblem } from './failures';

/** What can be done with a file on its way. */
export interface TransferActs {
  readonly onPause: () => void;
  readonly onResume: () => void;
  readonly onCancel: () => void;
}

interface TransferProps extends TransferActs {
  readonly file: FileView;
  readonly isOwn: boolean;
}

/** What is said of a transfer under the file's name. */
export function transferText(file: FileView): string | undefined {
  const { files } = words.chat;
  const { transfer, size } = file;
  switch (transfer.state) {
    case 'sealing':
      return `${files.sealing}${words.separator}${files.progress(sizeInWords(transfer.done), sizeInWords(size))}`;
    case 'uploading':
      return files.progress(sizeInWords(transfer.done), sizeInWords(size));
    case 'paused':
      return `${files.paused}${words.separator}${files.progress(sizeInWords(transfer.done), sizeInWords(size))}`;
    case 'failed':
      return uploadProblem(transfer.code, sizeInWords(size));
    default:
      return undefined;
  }
}

/** The line at the lower edge, while something runs. */
export function TransferLine({ file }: { readonly file: FileView }) {
  const { files } = words.chat;
  const { transfer } = file;
  if (transfer.state !== 'sealing' && transfer.state !== 'uploading' && transfer.state !== 'paused') return undefined;
  const label = transfer.state === 'sealing' ? files.sealing : files.uploading(file.name);
  return (
    <span className="absolute inset-x-0 bottom-0">
      <UnderLine label={label} value={transfer.done} max={Math.max(file.size, 1)} />
    </span>
  );
}

/** Pause, go on, leave it. */
export function TransferButtons({ file, isOwn, onPause, onResume, onCancel }: TransferProps) {
  const { files } = words.chat;
  const { state } = file.transfer;
  if (!isOwn) return undefined;
  return (
    <>
      {state === 'uploading' && <IconButton label={files.pause(file.name)} icon={Pause} onClick={onPause} />}
      {state === 'paused' && <IconButton label={files.resume(file.name)} icon={Play} onClick={onResume} />}
      {state === 'failed' && <IconButton label={files.retry(file.name)} icon={RotateCw} onClick={onResume} />}
      {state !== 'none' && state !== 'here' && (
        <IconButton label={files.cancel(file.name)} icon={X} onClick={onCancel} />
      )}
    </>
  );
}
