import { Agent, createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ClusterNode } from './node.ts';

/** What stands in front of the nodes: it ends no TLS, keeps Host and says whom a request came from. */
export interface FrontProxy {
  /** Without a slash at the end. */
  url: string;
  port: number;
  /** How many requests each node was sent, by its name. */
  served: Map<string, number>;
  close(): Promise<void>;
}

export interface ProxyOptions {
  /** Sends requests to nodes alone that say they are ready, and to the next where one takes no connection. */
  skipsUnready?: boolean;
}

/** A request with this header goes to the node of that name, whose turn it is or not. It isn't passed on. */
export const TO_NODE = 'x-to-node';

/** How often readiness is asked for, milliseconds. */
const ASKS_EVERY = 200;
/** Of one connection alone (RFC 9110 section 7.6.1). */
const HOP = new Set(['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade']);

/** Sends each request to the next node in turn: there are no sticky sessions. */
export async function startProxy(
  port: number,
  nodes: readonly ClusterNode[],
  options: ProxyOptions,
): Promise<FrontProxy> {
  const { skipsUnready = false } = options;
  const served = new Map<string, number>();
  // Connections of its own to each, as a proxy keeps them; they end when the server's hint says so.
  const agent = new Agent({ keepAlive: true });
  const unready = new Set<ClusterNode>();
  const watching = skipsUnready ? watch(nodes, unready) : undefined;
  let turn = 0;

  /** All nodes, whose turn it is first. */
  function inTurn({ headers }: IncomingMessage): readonly ClusterNode[] {
    const named = headers[TO_NODE];
    if (named !== undefined) return nodes.filter(({ name }) => name === named);
    const first = turn % nodes.length;
    turn += 1;
    const all = [...nodes.slice(first), ...nodes.slice(0, first)];
    return skipsUnready ? all.filter((node) => !unready.has(node)) : all.slice(0, 1);
  }

  async function carry(req: IncomingMessage, res: ServerResponse, [node, ...others]: readonly ClusterNode[]) {
    if (node === undefined) return void res.writeHead(502).end('no node');
    // A clock that is being moved is moved before anything is asked.
    await node.settled();
    served.set(node.name, (served.get(node.name) ?? 0) + 1);
    const { method, url: path } = req;
    const outgoing = request(node.url, { method: method ?? 'GET', path: path ?? '/', agent, headers: headersFor(req) });
    outgoing.on('response', (incoming) => {
      res.writeHead(incoming.statusCode ?? 502, withoutHops(incoming.rawHeaders)).flushHeaders();
      incoming.on('error', () => res.destroy()).pipe(res);
    });
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      if (res.headersSent) return void res.destroy();
      // Nothing of it was sent.
      if (error.code === 'ECONNREFUSED' && others.length > 0) return void carry(req, res, others);
      res.writeHead(502).end(`${node.name}: ${error.message}`);
    });
    res.on('close', () => outgoing.destroy());
    req.pipe(outgoing);
  }

  const server = createServer((req, res) => void carry(req, res, inTurn(req)));
  await listen(server, port);
  return {
    url: `http://localhost:${port}`,
    ...{ port, served },
    async close() {
      clearInterval(watching);
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      agent.destroy();
    },
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, 'localhost', () => {
      if ((server.address() as AddressInfo).port !== port) reject(new Error('another port'));
      resolve();
    });
  });
}

function watch(nodes: readonly ClusterNode[], unready: Set<ClusterNode>): NodeJS.Timeout {
  const asked = new Set<ClusterNode>();
  return setInterval(() => {
    for (const node of nodes.filter((one) => !asked.has(one))) {
      asked.add(node);
      void node.ready().then((ready) => {
        asked.delete(node);
        if (ready) unready.delete(node);
        else unready.add(node);
      });
    }
  }, ASKS_EVERY);
}

/** `X-Forwarded-For` takes the place of what the client sent under that name, or it could say whatever it likes. */
function headersFor({ rawHeaders, socket }: IncomingMessage): string[] {
  const headers = withoutHops(rawHeaders, 'x-forwarded-for', TO_NODE);
  return [...headers, 'X-Forwarded-For', (socket.remoteAddress ?? '').replace(/^::ffff:/, '')];
}

function withoutHops(raw: readonly string[], ...more: string[]): string[] {
  const kept: string[] = [];
  for (let at = 0; at < raw.length; at += 2) {
    const [name = '', value = ''] = raw.slice(at, at + 2);
    if (!HOP.has(name.toLowerCase()) && !more.includes(name.toLowerCase())) kept.push(name, value);
  }
  return kept;
}
