/** The pages for when nothing else can be shown yet, or at all. */
import { type ReactNode, useEffect, useState } from 'react';
import { Button } from '../components/Button';
import { Notice } from '../components/Notice';
import { PageFrame } from '../components/PageFrame';
import { PageTitle } from '../components/PageTitle';
import { UnderLine } from '../components/UnderLine';
import { words } from '../i18n/words';

const WORDS_AFTER_MS = 600;

/** While the core starts: nothing at first, then the under-line. */
export function Starting() {
  const [isLong, setLong] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), WORDS_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <main className="grid min-h-dvh content-center justify-items-center bg-canvas p-6">
      <h1 className="sr-only">{words.product}</h1>
      {isLong && (
        <p role="status" className="grid w-48 gap-1.5 text-center text-xs text-ink-2">
          <UnderLine label={words.trouble.loading} />
          {words.trouble.loading}
        </p>
      )}
    </main>
  );
}

interface StoreTroubleProps {
  /** What the core says of it. */
  readonly reason: string;
}

interface LoadAgainProps {
  readonly title: string;
  readonly lead: string;
  /** The words of the button. */
  readonly again: string;
  readonly children?: ReactNode;
}

/** A page on which nothing can be done but to load it again. */
function LoadAgain({ title, lead, again, children }: LoadAgainProps) {
  return (
    <PageFrame brand={words.brand}>
      <PageTitle title={title} lead={lead} />
      {children}
      <div>
        <Button kind="primary" big onClick={() => location.reload()}>
          {again}
        </Button>
      </div>
    </PageFrame>
  );
}

/** The store of this device could not be opened. */
export function StoreTrouble({ reason }: StoreTroubleProps) {
  const { trouble } = words;
  return (
    <LoadAgain title={trouble.storeTitle} lead={trouble.storeLead} again={trouble.retry}>
      <p className="text-xs text-ink-3 wrap-anywhere">{reason}</p>
    </LoadAgain>
  );
}

/** The part of the program that comes later did not come. */
export function ProgramTrouble() {
  const { trouble } = words;
  return <LoadAgain title={trouble.programTitle} lead={trouble.programLead} again={trouble.retry} />;
}

/** The page met something that it cannot draw, and nothing smaller could hold that. */
export function PageTrouble() {
  const { trouble } = words;
  return <LoadAgain title={trouble.pageTitle} lead={trouble.pageLead} again={trouble.reload} />;
}

/** A pane that cannot be drawn; the others stay. */
export function PaneTrouble() {
  const { trouble } = words;
  return (
    <div className="row-span-full grid content-center justify-items-center gap-3 p-6">
      <Notice tone="danger" alert>
        {trouble.pane}
      </Notice>
      <Button onClick={() => location.reload()}>{trouble.reload}</Button>
    </div>
  );
}

/** The page was opened without https from another machine, where browsers refuse to keep keys. */
export function InsecureAddress() {
  const { trouble } = words;
  return (
    <PageFrame brand={words.brand}>
      <PageTitle title={trouble.insecureTitle} lead={trouble.insecureLead} />
      <p>{trouble.insecureWhat}</p>
    </PageFrame>
  );
}
