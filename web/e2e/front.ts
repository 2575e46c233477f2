/** A small proxy before the server, which can serve another version of the page. It changes nothing of what the API says. */
import { createServer, type IncomingMessage, request, type Server as HttpServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { text as textOf } from 'node:stream/consumers';

/** What the page of the next version says of itself. */
export const NEXT_VERSION = '9.9.9';

/** These two files say which version it is. */
function inNextVersion(path: string, text: string): string {
  if (path === '/sw.js') return text.replace(/"version":"[^"]*","build":"[^"]*"/u, `"version":"${NEXT_VERSION}","build":"0123456789abcdef"`);
  return text.replace('<html ', `<html data-version="${NEXT_VERSION}" `);
}

export class Front {
  private readonly sockets = new Set<Socket>();
  private readonly server: HttpServer;
  private isNext = false;

  private constructor(private readonly behind: URL) {
    this.server = createServer((asked, answer) => this.pass(asked, answer));
    this.server.on('connection', (socket: Socket) => this.sockets.add(socket));
    // What is upgraded is passed on byte by byte.
    this.server.on('upgrade', (asked: IncomingMessage, socket: Socket, head: Buffer) => {
      const other = connect(Number(behind.port), behind.hostname);
      const lines = asked.rawHeaders.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${asked.rawHeaders[at + 1]}`] : []));
      other.write(`${asked.method} ${asked.url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
      other.write(head);
      other.pipe(socket).pipe(other);
      for (const each of [socket, other]) each.on('error', () => each.destroy());
      other.on('close', () => socket.destroy());
      socket.on('close', () => other.destroy());
    });
  }

  /** Stands before the server of this address. */
  static async before(url: string): Promise<Front> {
    const front = new Front(new URL(url));
    await new Promise<void>((resolve) => {
      front.server.listen(0, '127.0.0.1', resolve);
    });
    return front;
  }

  /** Where it is reached: under the server's own name, with another port. */
  get url(): string {
    const { port } = this.server.address() as AddressInfo;
    return `http://${this.behind.hostname}:${port}/`;
  }

  /** From now on the page is the next version. */
  servesNextVersion(): void {
    this.isNext = true;
  }

  close(): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }

  private pass(asked: IncomingMessage, answer: ServerResponse): void {
    const path = asked.url ?? '/';
    const isChanged = this.isNext && (path === '/sw.js' || path === '/');
    const headers = isChanged ? { ...asked.headers, 'accept-encoding': 'identity', 'if-none-match': '' } : asked.headers;
    const to = request({ host: this.behind.hostname, port: this.behind.port, method: asked.method, path, headers }, (given) => {
      if (!isChanged) {
        answer.writeHead(given.statusCode ?? 502, given.headers);
        given.pipe(answer);
        return;
      }
      const { 'content-length': _, etag: __, ...rest } = given.headers;
      void textOf(given).then((text) => answer.writeHead(given.statusCode ?? 502, rest).end(inNextVersion(path, text)));
    });
    to.on('error', () => answer.destroy());
    asked.pipe(to);
  }
}
