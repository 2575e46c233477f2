/** The files that wait to be sent with what is written: picked, pasted or dropped. */
import { type ClipboardEvent, useCallback, useEffect, useRef, useState } from 'react';
import { FILES_MAX } from '../../../core/limits';
import { useCore } from '../../../core/useView';
import { sizeInWords } from '../../../i18n/sizes';
import { words } from '../../../i18n/words';
import { readOutgoing, type Waiting } from './outgoing';

/** What the composer does with files. */
export interface FilesToSend {
  readonly waiting: readonly Waiting[];
  readonly problem: string | undefined;
  readonly isDragged: boolean;
  readonly add: (files: Iterable<File>) => void;
  readonly remove: (id: string) => void;
  readonly clear: () => void;
  readonly restore: (files: readonly Waiting[]) => void;
  readonly onPaste: (event: ClipboardEvent) => void;
}

function holdsFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes('Files') ?? false;
}

/** Dropping anywhere on the page attaches; the browser never leaves the page for a file. */
function useDrop(add: (files: Iterable<File>) => void): boolean {
  const [isDragged, setDragged] = useState(false);
  useEffect(() => {
    const onOver = (event: DragEvent) => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      setDragged(true);
    };
    const onLeave = (event: DragEvent) => {
      if (event.relatedTarget === null) setDragged(false);
    };
    const onDrop = (event: DragEvent) => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      setDragged(false);
      add(event.dataTransfer?.files ?? []);
    };
    document.addEventListener('dragover', onOver);
    document.addEventListener('dragleave', onLeave);
    document.addEventListener('drop', onDrop);
    return () => {
      document.removeEventListener('dragover', onOver);
      document.removeEventListener('dragleave', onLeave);
      document.removeEventListener('drop', onDrop);
    };
  }, [add]);
  return isDragged;
}

/** What is said of files of which some are too large for this server; nothing, if all can be sent. */
function tooLarge(files: readonly File[], most: number): string | undefined {
  const large = files.filter((file) => file.size > most).toSorted((a, b) => b.size - a.size)[0];
  return large && words.chat.write.fileTooLarge(large.name, sizeInWords(large.size), sizeInWords(most));
}

/** Whether what is pasted is writing that brings a picture of itself along, as office programs do. */
function isWriting({ types }: DataTransfer): boolean {
  return types.includes('text/plain') && types.includes('text/html');
}

export function useFiles(): FilesToSend {
  const { core } = useCore();
  const [waiting, setWaiting] = useState<readonly Waiting[]>([]);
  const [problem, setProblem] = useState<string>();
  const count = useRef(0);
  useEffect(() => {
    count.current = waiting.length;
  });
  const addNow = useCallback(
    (files: Iterable<File>) => {
      const all = [...files];
      const take = async () => {
        const most = await core.fileBytesMax();
        const fitting = all.filter((file) => file.size <= most);
        const tooMany = count.current + fitting.length > FILES_MAX ? words.chat.write.tooManyFiles(FILES_MAX) : undefined;
        setProblem(tooLarge(all, most) ?? tooMany);
        const read = await Promise.all(fitting.slice(0, FILES_MAX).map((file) => readOutgoing(core, file)));
        setWaiting((before) => [...before, ...read].slice(0, FILES_MAX));
      };
      take().catch(() => setProblem(words.conversation.couldNotKeep));
    },
    [core],
  );
  const isDragged = useDrop(addNow);
  return {
    waiting,
    problem,
    isDragged,
    add: addNow,
    remove: (id) => {
      setProblem(undefined);
      setWaiting(waiting.filter((each) => each.id !== id));
    },
    clear: () => {
      setProblem(undefined);
      setWaiting([]);
    },
    restore: setWaiting,
    onPaste: (event) => {
      const files = [...event.clipboardData.files];
      if (files.length === 0 || isWriting(event.clipboardData)) return;
      event.preventDefault();
      addNow(files);
    },
  };
}
