import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Another address of a server on this machine, over which connections can be cut and answers be slow. */
export interface Line {
  url: string;
  /** Connections that are open. */
  readonly open: number;
  /** Ends all connections, and takes no more. */
  cut(): void;
  mend(): void;
  /** Whatever the server says arrives so many milliseconds later, from now on. */
  delay(milliseconds: number): void;
  close(): Promise<void>;
}

export async function startLine(url: string): Promise<Line> {
  const { hostname, port } = new URL(url);
  const open = new Set<Socket>();
  let isCut = false;
  let delay = 0;

  const server = createServer((near) => {
    if (isCut) return void near.destroy();
    const far = connect(Number(port), hostname);
    open.add(near);
    near.on('close', () => open.delete(near));
    for (const [from, to] of [[near, far] as const, [far, near] as const]) {
      from.on('error', () => to.destroy()).on('close', () => to.destroy());
    }
    near.pipe(far);
    const late = lateness(near);
    far.on('data', (said) => late(said, delay));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const through = new URL(url);
  through.port = String((server.address() as AddressInfo).port);
  const cut = () => {
    isCut = true;
    for (const socket of open) socket.destroy();
  };
  return {
    url: through.href,
    get open() {
      return open.size;
    },
    cut,
    mend() {
      isCut = false;
    },
    delay(milliseconds) {
      delay = milliseconds;
    },
    async close() {
      cut();
      await new Promise((done) => server.close(done));
    },
  };
}

/** Writes what it is given so many milliseconds later; what came first goes first, however slow it was then. */
function lateness(to: Socket): (said: Buffer | string, delay: number) => void {
  const waiting: { said: Buffer | string; due: number }[] = [];
  let timer: NodeJS.Timeout | undefined;
  function flush(): void {
    timer = undefined;
    for (let next = waiting[0]; next && next.due <= performance.now(); next = waiting[0]) {
      to.write(next.said);
      waiting.shift();
    }
    if (waiting[0]) timer = setTimeout(flush, Math.max(1, waiting[0].due - performance.now()));
  }
  return (said, delay) => {
    waiting.push({ said, due: performance.now() + delay });
    if (timer === undefined) flush();
  };
}
