/** Joining a room from inside: the same field as on the first page. */
import { Link } from '../../components/Link';
import { PageFrame } from '../../components/PageFrame';
import { PageTitle } from '../../components/PageTitle';
import type { ServerInfo } from '../../core/types';
import { words } from '../../i18n/words';
import { HOME } from '../../platform/paths';
import { RoomDoor } from './RoomDoor';
import { ServerFooter } from './ServerFooter';

interface EnterCodePageProps {
  readonly server: ServerInfo | undefined;
}

export function EnterCodePage({ server }: EnterCodePageProps) {
  return (
    <PageFrame brand={words.brand} footer={<ServerFooter server={server} />}>
      <PageTitle title={words.join.title} />
      <RoomDoor />
      <p className="text-center text-sm">
        <Link to={HOME} className="text-accent underlined">
          {words.join.back}
        </Link>
      </p>
    </PageFrame>
  );
}
