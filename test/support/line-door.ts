import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { Router } from 'express';
import { z } from 'zod';
import type { Application } from '../../src/core/application.ts';
import type { Door, DoorModule, DoorPorts } from '../../src/core/door.ts';
import { SallyportError } from '../../src/core/errors.ts';
import type { Caller, JourneyStep } from '../../src/core/journey.ts';
import type { Answer, Prompt } from '../../src/core/prompt.ts';

const PRESENTS = ['secret', 'code', 'number', 'wait'] as const;

type Step = JourneyStep & { id: string };
type Prompting = Extract<JourneyStep, { kind: 'prompt' }>;

/** The person at the other end: what they are told, and the lines that they type. */
class Terminal {
  readonly #socket: Socket;
  readonly #lines: AsyncIterator<string>;
  #next: Promise<string> | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  }

  say(text: string): void {
    this.#socket.write(`${text}\n`);
  }

  /** The next line; asked again before it came, the same one. */
  line(): Promise<string> {
    this.#next ??= this.#lines.next().then(({ done, value }) => {
      if (done) throw new Error('they hung up');
      return value;
    });
    return this.#next;
  }

  async read(): Promise<string> {
    const line = await this.line();
    this.#next = undefined;
    return line;
  }

  async ask(text: string): Promise<string> {
    this.say(text);
    return this.read();
  }
}

/** Somebody's sign-in, as lines of text. */
class Conversation {
  readonly #ports: DoorPorts;
  readonly #terminal: Terminal;
  readonly #from: Caller;

  constructor(ports: DoorPorts, terminal: Terminal, from: Caller) {
    this.#ports = ports;
    this.#terminal = terminal;
    this.#from = from;
  }

  #say(text: Parameters<DoorPorts['say']>[0], factor?: string): string {
    const { locale } = this.#from;
    return this.#ports.say(text, { ...(locale ? { locale } : {}), ...(factor ? { factor } : {}) });
  }

  async hold(application: string): Promise<void> {
    const { journey } = this.#ports;
    const { id, step } = await journey.begin({ application, presents: PRESENTS, from: this.#from });
    let now = step;
    for (;;) {
      if (now.error) this.#terminal.say(`! ${this.#say(now.error, now.error.factor)}`);
      if (now.kind === 'done') return this.#end(now);
      if (now.kind === 'refused') return this.#terminal.say(`refused: ${this.#say(now.message)}`);
      const { nonce } = now;
      const answer = now.kind === 'choose' ? await this.#choose(now.methods) : await this.#prompt(id, now);
      if (answer === 'other') now = await journey.instead(id, this.#from);
      else if (answer === 'look') now = await journey.look(id, this.#from);
      else now = await journey.answer(id, this.#from, answer, nonce);
    }
  }

  #end({ account, level, amr, expires }: Extract<JourneyStep, { kind: 'done' }>): void {
    this.#terminal.say(
      `signed in: ${account.username} ${level} ${amr.join('+')}${expires === undefined ? '' : ' for a while'}`,
    );
  }

  async #choose(methods: readonly { factor: string; name: string }[]): Promise<Answer> {
    for (const { factor, name } of methods) this.#terminal.say(`- ${factor}: ${name}`);
    return { method: await this.#terminal.ask('which?') };
  }

  async #prompt(id: string, { prompt, factor, nonce }: Prompting): Promise<Answer | 'other' | 'look'> {
    if (prompt.kind === 'secret') return this.#secret(prompt, factor);
    this.#terminal.say(this.#say(prompt.title, factor));
    if (prompt.kind === 'number' || prompt.kind === 'wait') {
      if (prompt.kind === 'number') this.#terminal.say(`number: ${prompt.number}`);
      // Nothing is under way: they say when to ask anew.
      if (prompt.waits === undefined) {
        return (await this.#terminal.ask('again?')) === 'other' ? 'other' : { resend: '1' };
      }
      const over = new AbortController();
      const changed = this.#ports.journey.changed(id, nonce, over.signal).then(() => 'look' as const);
      const first = await Promise.race([changed, this.#terminal.line()]);
      over.abort();
      if (first === 'look') return 'look';
      return (await this.#terminal.read()) === 'other' ? 'other' : 'look';
    }
    if (prompt.kind !== 'code') throw new Error(`no ${prompt.kind} was to be presented here`);
    const code = await this.#terminal.ask(`${this.#say(prompt.label, factor)}?`);
    return code === 'other' ? 'other' : { code };
  }

  async #secret(prompt: Extract<Prompt, { kind: 'secret' }>, factor: string): Promise<Answer> {
    const { identifier } = prompt;
    const username = identifier && (await this.#terminal.ask(`${this.#say(identifier.label, factor)}?`));
    const password = await this.#terminal.ask(`${this.#say(prompt.label, factor)}?`);
    return { ...(username === undefined ? {} : { username }), password };
  }
}

/**
 * A door that speaks lines of text, to show that one needs neither pages nor a session: `<application> <address>
 * [<language>]`, and then whatever is asked. Over HTTP the same step by step, for a browser that has no session here.
 */
export function lineDoor() {
  let given: DoorPorts | undefined;
  const federation = { knows: async (_id: string): Promise<Application | undefined> => undefined };
  const module: DoorModule<{ socket: string }> = {
    id: 'line',
    prompts: PRESENTS,
    settings: z.strictObject({ socket: z.string() }),
    application: z.strictObject({}),
    async create({ socket: path }, ports): Promise<Door> {
      given = ports;
      const lines = new Set<Socket>();
      const server = createServer((socket) => {
        lines.add(socket);
        socket.once('close', () => lines.delete(socket));
        void talk(ports, socket);
      });
      server.listen(path);
      await once(server, 'listening');
      return {
        handler: stepByStep(ports),
        application: (id) => federation.knows(id),
        close: () => closed(server, lines),
      };
    },
  };
  return {
    module: module as DoorModule,
    /** Applications that others speak for, as a federation's members. */
    set knows(find: (id: string) => Promise<Application | undefined>) {
      federation.knows = find;
    },
    get ports(): DoorPorts {
      if (given === undefined) throw new Error('the door stands only while a gateway runs');
      return given;
    },
  };
}

async function talk(ports: DoorPorts, socket: Socket): Promise<void> {
  socket.on('error', () => {});
  const terminal = new Terminal(socket);
  try {
    const [application = '', ip = '', locale] = (await terminal.read()).split(' ');
    await new Conversation(ports, terminal, { ip, ...(locale ? { locale } : {}) }).hold(application);
  } catch (error) {
    terminal.say(`error: ${error instanceof SallyportError ? error.code : String(error)}`);
  }
  socket.end();
}

/** `POST /line/begin` and `/line/answer`; with `ip` for a caller, without for the browser that asks. */
function stepByStep(ports: DoorPorts): Router {
  const { journey } = ports;
  const router = Router();
  router.post('/line/join', ...ports.form(8192), async (req, res) => {
    const application = new URLSearchParams(String(req.body)).get('application') ?? '';
    res.json((await ports.core.join(req, res, application)) ?? {});
  });
  router.post('/line/:what', ...ports.form(8192), async (req, res) => {
    const fields = Object.fromEntries(new URLSearchParams(String(req.body)));
    const { id = '', nonce = '', application = '', ip, acr, essential, ...answer } = fields;
    const wants = acr === undefined ? {} : { acrValues: [acr], acrEssential: essential === 'yes' };
    const from = ip === undefined ? ports.browser(res) : { ip };
    try {
      if (req.params.what === 'begin') {
        const { id: begun, step } = await journey.begin({ application, wants, presents: PRESENTS, from });
        res.json({ ...step, id: begun } satisfies Step);
      } else {
        const look = req.params.what === 'look';
        const step = look ? await journey.look(id, from) : await journey.answer(id, from, answer, nonce);
        res.json({ ...step, id } satisfies Step);
      }
    } catch (error) {
      if (!(error instanceof SallyportError)) throw error;
      res.status(400).json({ code: error.code });
    }
  });
  return router;
}

function closed(server: Server, lines: ReadonlySet<Socket>): Promise<void> {
  for (const line of lines) line.destroy();
  return new Promise((resolve) => server.close(() => resolve()));
}

/** A person at the line door's socket. */
export class LineClient {
  readonly #socket: Socket;
  #heard = '';

  constructor(path: string) {
    this.#socket = connect(path).setEncoding('utf8');
    this.#socket.on('data', (text) => {
      this.#heard += text;
    });
  }

  /** Begins a sign-in. */
  static at(path: string, application: string, ip: string, locale = 'en'): LineClient {
    return new LineClient(path).say(`${application} ${ip} ${locale}`);
  }

  say(line: string): this {
    this.#socket.write(`${line}\n`);
    return this;
  }

  /** What was told until this was, and it with it. */
  async until(text: string | RegExp): Promise<string> {
    for (;;) {
      const found = typeof text === 'string' ? this.#heard.includes(text) : text.test(this.#heard);
      if (found) {
        const told = this.#heard;
        this.#heard = '';
        return told;
      }
      if (this.#socket.readableEnded) throw new Error(`hung up after: ${this.#heard}`);
      await Promise.race([once(this.#socket, 'data'), once(this.#socket, 'end')]);
    }
  }

  /** All that is told until the door hangs up. */
  async rest(): Promise<string> {
    if (!this.#socket.readableEnded) await once(this.#socket, 'end');
    return this.#heard;
  }

  async enter(username: string, password: string): Promise<this> {
    await this.until('?\n');
    this.say(username);
    await this.until('?\n');
    return this.say(password);
  }
}
