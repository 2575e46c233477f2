/** A block of code: coloured when its language is known, scrolled sideways, copied with one press. */
import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { IconButton } from '../../../components/IconButton';
import { words } from '../../../i18n/words';
import { copyText } from '../../../platform/clipboard';
import { type CodePiece, highlight } from './highlight';

interface CodeBlockProps {
  readonly language: string | undefined;
  readonly text: string;
}

function Pieces({ pieces }: { readonly pieces: readonly CodePiece[] }) {
  return pieces.map(({ kind, content }, at) => (
    // The pieces of a text do not move.
    // oxlint-disable-next-line react/no-array-index-key
    <span key={at} className={kind}>
      {typeof content === 'string' ? content : <Pieces pieces={content} />}
    </span>
  ));
}

/** The colours, once they are there. Without them the code is there all the same. */
function usePieces(language: string | undefined, text: string): readonly CodePiece[] | undefined {
  const [pieces, setPieces] = useState<readonly CodePiece[]>();
  useEffect(() => {
    let isCurrent = true;
    if (language !== undefined && language !== '') {
      highlight(language.toLowerCase(), text).then(
        (found) => isCurrent && setPieces(found),
        () => {},
      );
    }
    return () => {
      isCurrent = false;
    };
  }, [language, text]);
  return pieces;
}

export function CodeBlock({ language, text }: CodeBlockProps) {
  const pieces = usePieces(language, text);
  const [isCopied, setCopied] = useState(false);
  const { message } = words.chat;
  const copy = async () => setCopied(await copyText(text));
  return (
    <div className="group/code relative min-w-0 rounded-field bg-sunken">
      <pre
        dir="ltr"
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls sideways, and must do so by keyboard
        tabIndex={0}
        role="region"
        aria-label={language ? `${message.code}, ${language}` : message.code}
        className="code-text max-h-96 overflow-auto py-2 ps-3 pe-12 text-start quiet-scroll"
      >
        <code>{pieces ? <Pieces pieces={pieces} /> : text}</code>
      </pre>
      <span className="absolute end-1 top-1">
        <IconButton label={isCopied ? message.copied : message.copyCode} icon={isCopied ? Check : Copy} onClick={() => void copy()} />
      </span>
    </div>
  );
}
