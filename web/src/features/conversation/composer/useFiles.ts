/** The files that wait to be sent with what is written: picked, pasted or dropped. */
import { type ClipboardEvent, useCallback, useEffect, useState } from 'react';
import { FILES_MAX } from '../../../core/limits';
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

export function useFiles(): FilesToSend {
  const [waiting, setWaiting] = useState<readonly Waiting[]>([]);
  const [problem, setProblem] = useState<string>();
  const addNow = useCallback((files: Iterable<File>) => {
    const all = [...files];
    const take = async () => {
      const read = await Promise.all(all.slice(0, FILES_MAX).map((file) => readOutgoing(file)));
      setWaiting((before) => [...before, ...read].slice(0, FILES_MAX));
    };
    setProblem(all.length > FILES_MAX ? words.chat.write.tooManyFiles(FILES_MAX) : undefined);
    void take();
  }, []);
  const isDragged = useDrop(addNow);
  return {
    waiting,
    problem,
    isDragged,
    add: addNow,
    remove: (id) => setWaiting(waiting.filter((each) => each.id !== id)),
    clear: () => setWaiting([]),
    restore: setWaiting,
    onPaste: (event) => {
      const files = [...event.clipboardData.files];
      if (files.length === 0) return;
      event.preventDefault();
      addNow(files);
    },
  };
}
