/** The files of a message, each as what it is. */
import { useState } from 'react';
import { coreError } from '../../../core/errors';
import type { FileView, MessageView } from '../../../core/types';
import { useCore } from '../../../core/useView';
import { words } from '../../../i18n/words';
import { chooseFilePlace, saveFile } from '../../../platform/clipboard';
import { FileRow } from './FileRow';
import { shownAs } from './kinds';
import { Media } from './Media';
import { Picture } from './Picture';

interface FilesProps {
  readonly message: MessageView;
  readonly onOpen: (index: number) => void;
}

/** From here on a file goes to the disk piece by piece, where the browser can. */
const STREAMED_FROM = 32_000_000;

function problemOf(thrown: unknown): string {
  const { files } = words.chat;
  const { code } = coreError(thrown);
  if (code === 'not_found' || code === 'gone') return files.gone;
  return code.includes('damaged') || code.includes('hash') ? files.broken : files.failedOpen;
}

function OneFile({ message, file, onOpen }: FilesProps & { readonly file: FileView }) {
  const { core, store } = useCore();
  const [isBroken, setBroken] = useState(false);
  const [problem, setProblem] = useState<string>();
  const onBroken = () => setBroken(true);
  const quietly = (work: Promise<void>) => void work.catch((thrown: unknown) => setProblem(problemOf(thrown)));
  const acts = {
    onPause: () => quietly(core.pauseFile(message.key, file.index)),
    onResume: () => quietly(core.resumeFile(message.key, file.index)),
    onCancel: () => quietly(core.cancelFile(message.key, file.index)),
  };
  const save = async () => {
    setProblem(undefined);
    const place = file.size > STREAMED_FROM ? await chooseFilePlace(file.name) : undefined;
    if (place === 'left') return;
    if (place === undefined) saveFile(file.name, await store.files.open(message.key, file.index));
    else await core.saveFile(message.key, file.index, place);
  };
  const kind = isBroken ? 'other' : shownAs(file);
  switch (kind) {
    case 'picture':
      return (
        <Picture
          messageKey={message.key}
          file={file}
          isOwn={message.own}
          onOpen={() => onOpen(file.index)}
          onBroken={onBroken}
          {...acts}
        />
      );
    case 'video':
    case 'audio':
      if (file.transfer.state === 'none' || file.transfer.state === 'here') {
        return <Media messageKey={message.key} file={file} onBroken={onBroken} />;
      }
      break;
    case 'other':
      break;
  }
  return <FileRow file={file} isOwn={message.own} problem={problem} onSave={() => quietly(save())} {...acts} />;
}

export function Files({ message, onOpen }: FilesProps) {
  return message.files.map((file) => <OneFile key={file.index} message={message} file={file} onOpen={onOpen} />);
}
