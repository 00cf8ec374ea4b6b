import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked {
  method: string;
  /** Path and query as they came over the wire. */
  path: string;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: string;
}

export interface Gateway {
  url: string;
  asked: Asked[];
  answer: { status: number; body: string };
  close(): Promise<void>;
}

/** Somebody's gateway: takes whatever it is asked, and says what it is told to. */
export async function startGateway(): Promise<Gateway> {
  const server = createServer(async (req, res) => {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    const { method = '', url: path = '', headers } = req;
    gateway.asked.push({ method, path, headers, body: Buffer.concat(chunks).toString('utf8') });
    res.writeHead(gateway.answer.status).end(gateway.answer.body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const gateway: Gateway = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: [],
    answer: { status: 200, body: '{"status":"accepted"}' },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return gateway;
}
