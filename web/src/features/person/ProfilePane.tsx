/** What somebody tells of themselves, and what can be done: write, block. */
import { Ban, MessageCircle } from 'lucide-react';
import { Avatar, identityClass } from '../../components/Avatar';
import { Button } from '../../components/Button';
import { Notice } from '../../components/Notice';
import { PanelHead, PanelSection } from '../../components/Panel';
import { SettingButton } from '../../components/SettingRow';
import { SkeletonRows } from '../../components/SkeletonRows';
import { Tag } from '../../components/Tag';
import { showToast } from '../../components/toasts';
import type { PersonProfileView, UserId } from '../../core/types';
import { useAct } from '../../core/useAct';
import { useCore, useView } from '../../core/useView';
import { words } from '../../i18n/words';

interface ProfilePaneProps {
  readonly user: UserId;
  readonly isMe: boolean;
  /** It is the only pane. */
  readonly isAlone: boolean;
  /** Opens a conversation of two; absent where that is not possible. */
  readonly onWrite: (() => void) | undefined;
  /** They were blocked here. */
  readonly onBlocked: () => void;
  readonly onClose: () => void;
}

function Head({ person }: { readonly person: PersonProfileView }) {
  const text = words.person;
  return (
    <div className={`grid justify-items-center gap-1 px-5 pt-6 pb-4 text-center ${identityClass(person.identityColour)}`}>
      <Avatar name={person.name} colour={person.identityColour} shape={person.identityShape} size="huge" picture={person.picture} />
      <p dir="auto" className="mt-2 max-w-full text-lg font-semibold wrap-anywhere text-identity">
        {person.name}
      </p>
      {person.pronouns !== '' && (
        <p dir="auto" className="text-xs wrap-anywhere text-ink-3">
          {person.pronouns}
        </p>
      )}
      {person.kind === 'guest' && <Tag>{text.guest}</Tag>}
      {person.status !== '' && (
        <p dir="auto" className="mt-1 max-w-full text-sm wrap-anywhere text-ink-2">
          {person.status}
        </p>
      )}
    </div>
  );
}

/** Blocks with undo: it holds at once, and can be taken back while the toast stands. */
function useBlocking(person: PersonProfileView, onBlocked: () => void) {
  const { core } = useCore();
  const { failure, run } = useAct();
  const { user, name } = person;
  const set = (on: boolean) => run(() => core.block(user, on));
  const block = async () => {
    if (!(await set(true))) return;
    showToast({ text: words.person.blocked(name), onUndo: () => void set(false) });
    onBlocked();
  };
  return { failure, block: () => void block(), unblock: () => void set(false) };
}

function Known({ person, isMe, isAlone, onWrite, onBlocked }: Omit<ProfilePaneProps, 'user' | 'onClose'> & { readonly person: PersonProfileView }) {
  const text = words.person;
  const { failure, block, unblock } = useBlocking(person, onBlocked);
  return (
    <>
      <Head person={person} />
      {person.nameClash && (
        <div className="px-5 pb-4">
          <Notice tone="ember">{text.clash}</Notice>
        </div>
      )}
      <PanelSection isAlone={isAlone}>
        <dl className="flex flex-wrap justify-between gap-x-4 text-sm">
          <dt>{text.userName}</dt>
          <dd dir="ltr" className="text-ink-2 wrap-anywhere">
            {person.userName}
          </dd>
        </dl>
      </PanelSection>
      {!isMe && (
        <PanelSection isAlone={isAlone}>
          {person.blocked ? (
            <div className="grid gap-3 text-sm">
              <p>{text.blockedNow}</p>
              <div>
                <Button onClick={unblock}>{text.unblock}</Button>
              </div>
            </div>
          ) : (
            <>
              {onWrite && <SettingButton icon={MessageCircle} label={text.write} onClick={onWrite} />}
              <SettingButton icon={Ban} label={text.block} danger onClick={block} />
            </>
          )}
          {failure !== undefined && (
            <p role="alert" className="pt-2 text-xs text-danger">
              {failure}
            </p>
          )}
        </PanelSection>
      )}
    </>
  );
}

export function ProfilePane({ user, isMe, isAlone, onWrite, onBlocked, onClose }: ProfilePaneProps) {
  const { store } = useCore();
  const text = words.person;
  const snapshot = useView(store.personal.profileOf(user));
  return (
    <>
      <PanelHead title={text.title} isAlone={isAlone} closeLabel={text.close} isBack onClose={onClose} />
      {snapshot.state === 'loading' && (
        <div className="px-3 pt-4">
          <SkeletonRows rows={2} text={words.conversation.loading} />
        </div>
      )}
      {snapshot.state === 'failed' && (
        <div className="p-5">
          <Notice tone="danger" alert>
            {text.failed}
          </Notice>
        </div>
      )}
      {snapshot.state === 'ready' && <Known person={snapshot.value} isMe={isMe} isAlone={isAlone} onWrite={onWrite} onBlocked={onBlocked} />}
    </>
  );
}
