/** A server for one story: the real program, on a directory of its own, which can be killed and started again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** The line that `undertone serve --json` prints when it is ready. */
interface Ready {
  readonly local: string;
  readonly setup_token: string | null;
}

/** The program to test. */
export function program(): string {
  const path = process.env['UNDERTONE_BIN'];
  if (!path) throw new Error('UNDERTONE_BIN must name the undertone program to test');
  return path;
}

function firstLine(process: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    process.once('exit', (code) => reject(new Error(`the server ended with ${code} before it was ready`)));
    if (process.stdout) createInterface({ input: process.stdout }).once('line', resolve);
  });
}

function ended(process: ChildProcess): Promise<void> {
  return process.exitCode !== null || process.signalCode !== null
    ? Promise.resolve()
    : new Promise((resolve) => {
        process.once('exit', () => resolve());
      });
}

export class Server {
  private process: ChildProcess | undefined;
  private address = '127.0.0.1:0';
  /** Where it is reached; the same after every start. */
  url = '';
  /** The one-time code, while it is unused. */
  setupToken: string | undefined;

  private constructor(
    private readonly data: string,
    private readonly more: readonly string[],
  ) {}

  /** Starts a server that knows nobody. */
  static async start(more: readonly string[] = []): Promise<Server> {
    const server = new Server(await mkdtemp(join(tmpdir(), 'undertone-e2e-')), more);
    await server.startAgain();
    return server;
  }

  /** Starts it on the same data and address. */
  async startAgain(): Promise<void> {
    // Stories are told faster than people live, unless a story is about that.
    const scale = this.more.includes('--limit-scale') ? [] : ['--limit-scale', '1000'];
    const options = ['--data', this.data, '--http-loopback', this.address, '--listen', 'none', ...scale, ...this.more];
    this.process = spawn(program(), ['serve', '--json', '--log', 'warn', ...options], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ready: Ready = JSON.parse(await firstLine(this.process));
    this.url = ready.local;
    this.setupToken = ready.setup_token ?? undefined;
    this.address = `127.0.0.1:${new URL(ready.local).port}`;
  }

  /** Ends it as a power cut would. */
  async kill(): Promise<void> {
    if (!this.process) return;
    this.process.kill('SIGKILL');
    await ended(this.process);
  }

  /** Ends it and deletes what it stored. */
  async remove(): Promise<void> {
    await this.kill();
    await rm(this.data, { recursive: true, force: true });
  }
}
