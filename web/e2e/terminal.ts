/** Somebody at a terminal: the real program, with a profile of its own that is deleted at the end. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { program } from './server';
import { PASSWORD } from './user';

const execute = promisify(execFile);

/** A line of `watch --json`. */
export type Happening = Readonly<Record<string, unknown>>;

/** A running `watch`. */
export class Watching {
  private readonly lines: AsyncIterator<string>;

  constructor(private readonly process: ChildProcess) {
    if (!process.stdout) throw new Error('watch has no output');
    this.lines = createInterface({ input: process.stdout })[Symbol.asyncIterator]();
  }

  /** The next event of a kind that fits; others are passed over. */
  async next(event: string, fits: (happening: Happening) => boolean = () => true): Promise<Happening> {
    for (;;) {
      const line = await this.lines.next();
      if (line.done === true) throw new Error(`watch ended before ${event}`);
      const happening = JSON.parse(line.value) as Happening;
      if (happening['event'] === event && fits(happening)) return happening;
    }
  }

  /** Ends it as Ctrl-C does. */
  async stop(): Promise<void> {
    const ended = new Promise((resolve) => {
      this.process.once('exit', resolve);
    });
    this.process.kill('SIGTERM');
    await ended;
  }
}

export class Terminal {
  private constructor(private readonly profile: string) {}

  /** Makes an account; `use` is told the story, and whatever comes of it, nothing is left. */
  static async story(name: string, server: string, use: (terminal: Terminal) => Promise<void>): Promise<void> {
    const terminal = new Terminal(await mkdtemp(join(tmpdir(), 'undertone-terminal-')));
    try {
      await terminal.says('register', name, '--server', server);
      await use(terminal);
    } finally {
      await rm(terminal.profile, { recursive: true, force: true });
    }
  }

  /** Runs a verb; gives what it printed. */
  async says(...words: readonly string[]): Promise<string> {
    const { stdout } = await execute(program(), [...words, '--json'], { env: this.environment() });
    return stdout;
  }

  /** Listens to what happens. */
  watches(): Watching {
    return new Watching(spawn(program(), ['watch', '--json'], { env: this.environment(), stdio: ['ignore', 'pipe', 'inherit'] }));
  }

  private environment() {
    return { ...process.env, UNDERTONE_PASSWORD: PASSWORD, UNDERTONE_PROFILE: this.profile };
  }
}
