/** The frame of making something: a header with the way back, one column, one button that makes it. */
import { ArrowLeft } from 'lucide-react';
import type { ReactNode, SubmitEvent } from 'react';
import { Button } from '../../components/Button';
import { IconButton } from '../../components/IconButton';
import { Notice } from '../../components/Notice';
import { Working } from '../../components/Working';
import { words } from '../../i18n/words';
import { navigate } from '../../platform/location';
import { HOME } from '../../platform/paths';

interface CreateFrameProps {
  readonly title: string;
  readonly lead: string;
  /** The button that makes it. */
  readonly act: string;
  readonly isBusy: boolean;
  readonly failure: string | undefined;
  readonly onSubmit: (form: HTMLFormElement) => void;
  readonly children: ReactNode;
}

export function CreateFrame({ title, lead, act, isBusy, failure, onSubmit, children }: CreateFrameProps) {
  const { create } = words;
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (!isBusy) onSubmit(event.currentTarget);
  };
  return (
    <>
      <header className="flex min-h-15 items-center gap-2 border-b border-line py-2 ps-1 pe-2 md:ps-6">
        <IconButton label={words.conversation.back} icon={ArrowLeft} directional onlyNarrow onClick={() => navigate(HOME)} />
        <h1 className="text-md leading-5 max-md:ps-1">{title}</h1>
      </header>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls, and must do so by keyboard */}
      <div className="row-span-3 overflow-auto px-5 quiet-scroll focus-visible:-outline-offset-2 md:px-6" tabIndex={0} role="group" aria-label={title}>
        <form className="grid max-w-page gap-5 py-5" noValidate onSubmit={submit}>
          <p className="text-sm text-ink-2">{lead}</p>
          {children}
          {failure !== undefined && (
            <Notice tone="danger" alert>
              {failure}
            </Notice>
          )}
          <div className="flex flex-wrap gap-2">
            <Button type="submit" kind="primary" big disabled={isBusy}>
              {act}
            </Button>
            <Button kind="quiet" big disabled={isBusy} onClick={() => navigate(HOME)}>
              {create.cancel}
            </Button>
          </div>
          {isBusy && <Working text={create.making} />}
        </form>
      </div>
    </>
  );
}
