/** Asks before something that cannot be taken back, in its own place; the button says what will happen. */
import { type ReactNode, useEffect, useRef } from 'react';
import { Button } from './Button';
import { UnderLine } from './UnderLine';

interface AskInPlaceProps {
  /** What will happen, in a sentence or two. */
  readonly question: string;
  /** The button that does it. */
  readonly act: string;
  /** The button that leaves everything as it is. */
  readonly keep: string;
  /** It is being done. */
  readonly isBusy: boolean;
  /** What is being done, for those who do not see the line. */
  readonly busyLabel: string;
  /** More to decide, between question and buttons. */
  readonly children?: ReactNode;
  readonly onAct: () => void;
  readonly onKeep: () => void;
}

export function AskInPlace(props: AskInPlaceProps) {
  const group = useRef<HTMLDivElement>(null);
  useEffect(() => group.current?.focus(), []);
  return (
    <div
      ref={group}
      role="group"
      aria-label={props.question}
      tabIndex={-1}
      className="grid gap-2.5 rounded-bubble bg-sunken px-3.5 py-3 text-sm"
    >
      <p>{props.question}</p>
      {props.children}
      <div className="flex flex-wrap gap-2">
        <Button kind="danger" disabled={props.isBusy} onClick={props.onAct}>
          {props.act}
        </Button>
        <Button disabled={props.isBusy} onClick={props.onKeep}>
          {props.keep}
        </Button>
      </div>
      {props.isBusy && <UnderLine label={props.busyLabel} />}
    </div>
  );
}
