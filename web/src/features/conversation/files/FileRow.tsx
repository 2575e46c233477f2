/** A file that is not shown in place: one row with its name, what it is, and a way to save it. */
import { Download, FileText, X } from 'lucide-react';
import { IconButton } from '../../../components/IconButton';
import { UnderLine } from '../../../components/UnderLine';
import type { FileView } from '../../../core/types';
import { sizeInWords } from '../../../i18n/sizes';
import { words } from '../../../i18n/words';
import { typeInWords } from './kinds';
import { type TransferActs, TransferButtons, TransferLine, transferText } from './Transfer';

interface FileRowProps extends TransferActs {
  readonly file: FileView;
  readonly isOwn: boolean;
  readonly problem: string | undefined;
  /** While it is saved piece by piece: so many bytes of it are. */
  readonly saved: number | undefined;
  readonly onSave: () => void;
  readonly onStop: () => void;
}

export function FileRow({ file, isOwn, problem, saved, onSave, onStop, ...acts }: FileRowProps) {
  const { files } = words.chat;
  const { state } = file.transfer;
  const isSaveable = state === 'none' || state === 'here';
  const savedText = saved === undefined ? undefined : files.saving(files.progress(sizeInWords(saved), sizeInWords(file.size)));
  const about = files.about(typeInWords(file) || files.file, sizeInWords(file.size));
  const under = problem ?? savedText ?? transferText(file) ?? about;
  const isBad = problem !== undefined || state === 'failed';
  return (
    <div className="relative mt-1 flex w-80 max-w-full items-center gap-3 overflow-hidden rounded-bubble bg-sunken py-2 ps-3 pe-2">
      <FileText aria-hidden="true" size={18} strokeWidth={1.75} className="flex-none text-ink-2" />
      <span className="min-w-0 flex-1">
        <bdi title={file.name} className="block truncate text-sm font-label text-ink">
          {file.name}
        </bdi>
        <span role={isBad ? 'alert' : undefined} className={isBad ? 'block text-xs text-danger' : 'block text-xs text-ink-2 tabular-nums'}>
          {under}
        </span>
      </span>
      <TransferButtons file={file} isOwn={isOwn} {...acts} />
      {isSaveable && saved === undefined && <IconButton label={files.save(file.name)} icon={Download} onClick={onSave} />}
      {saved !== undefined && <IconButton label={files.stopSaving(file.name)} icon={X} onClick={onStop} />}
      <TransferLine file={file} />
      {saved !== undefined && (
        <span className="absolute inset-x-0 bottom-0">
          <UnderLine label={files.downloading(file.name)} value={saved} max={Math.max(file.size, 1)} />
        </span>
      )}
    </div>
  );
}
