/** The files of a message, each as what it is. */
import { useState } from 'react';
import { coreError } from '../../../core/errors';
import type { FileView, MessageView } from '../../../core/types';
import { useSaving } from '../../../core/useSaving';
import { useCore } from '../../../core/useView';
import { fileProblem } from './failures';
import { FileRow } from './FileRow';
import { shownAs } from './kinds';
import { Media } from './Media';
import { Picture } from './Picture';

interface FilesProps {
  readonly message: MessageView;
  readonly onOpen: (index: number) => void;
}

function OneFile({ message, file, onOpen }: FilesProps & { readonly file: FileView }) {
  const { core } = useCore();
  const [isBroken, setBroken] = useState(false);
  const [problem, setProblem] = useState<string>();
  const { saving, onSave, onStop } = useSaving(message.key, file);
  const onBroken = () => setBroken(true);
  const quietly = (work: Promise<void>) => void work.catch((thrown: unknown) => setProblem(fileProblem(coreError(thrown))));
  const acts = {
    onPause: () => quietly(core.pauseFile(message.key, file.index)),
    onResume: () => quietly(core.resumeFile(message.key, file.index)),
    onCancel: () => quietly(core.cancelFile(message.key, file.index)),
  };
  // While it is saved piece by piece, a row says how far it is.
  const kind = isBroken || saving.state !== 'none' ? 'other' : shownAs(file);
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
        return <Media messageKey={message.key} file={file} onBroken={onBroken} onSave={onSave} />;
      }
      break;
    case 'other':
      break;
  }
  const failed = saving.state === 'failed' ? fileProblem(saving.error) : problem;
  const saved = saving.state === 'running' ? saving.done : undefined;
  return <FileRow file={file} isOwn={message.own} problem={failed} saved={saved} onSave={onSave} onStop={onStop} {...acts} />;
}

export function Files({ message, onOpen }: FilesProps) {
  return message.files.map((file) => <OneFile key={file.index} message={message} file={file} onOpen={onOpen} />);
}
