/** The server's name and version, at the foot of pages with one purpose. */
import type { ServerInfo } from '../../core/types';
import { words } from '../../i18n/words';

interface ServerFooterProps {
  readonly server: ServerInfo | undefined;
}

export function ServerFooter({ server }: ServerFooterProps) {
  return (
    <>
      <span dir="auto">{server?.name || location.host}</span>
      {server && <span>{words.front.version(server.version)}</span>}
    </>
  );
}
