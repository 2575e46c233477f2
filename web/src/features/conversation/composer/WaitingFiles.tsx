/** The files that go with what is written, each with a way to leave it out. */
import { FileText, X } from 'lucide-react';
import { useEffect, useState } from 'react';
import { IconButton } from '../../../components/IconButton';
import { sizeInWords } from '../../../i18n/sizes';
import { words } from '../../../i18n/words';
import type { Waiting } from './outgoing';

interface WaitingFilesProps {
  readonly waiting: readonly Waiting[];
  readonly onRemove: (id: string) => void;
}

function Sight({ file }: { readonly file: Blob }) {
  const [url] = useState(() => URL.createObjectURL(file));
  useEffect(() => () => URL.revokeObjectURL(url), [url]);
  return <img src={url} alt="" className="size-10 flex-none rounded-field object-cover" />;
}

export function WaitingFiles({ waiting, onRemove }: WaitingFilesProps) {
  const text = words.chat.write;
  if (waiting.length === 0) return undefined;
  return (
    <ul aria-label={text.filesWaiting} className="flex flex-wrap gap-2 px-2.5 pt-2.5">
      {waiting.map(({ id, outgoing, tellsOfMaker }) => (
        <li key={id} className="flex w-60 max-w-full items-center gap-2.5 rounded-field bg-sunken p-1.5">
          {outgoing.width !== undefined && outgoing.mediaType.startsWith('image/') ? (
            <Sight file={outgoing.file} />
          ) : (
            <FileText aria-hidden="true" size={18} strokeWidth={1.75} className="mx-2 flex-none text-ink-2" />
          )}
          <span className="min-w-0 flex-1">
            <bdi title={outgoing.name} className="block truncate text-sm">{outgoing.name}</bdi>
            <span className="block text-xs text-ink-2 tabular-nums">{sizeInWords(outgoing.file.size)}</span>
            {tellsOfMaker && <span className="block text-xs text-ink-2">{text.tellsOfMaker}</span>}
          </span>
          <IconButton label={text.removeFile(outgoing.name)} icon={X} onClick={() => onRemove(id)} />
        </li>
      ))}
    </ul>
  );
}
