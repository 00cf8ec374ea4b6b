import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Posted {
  method: string;
  path: string;
  authorization: string;
  fields: Record<string, string>;
}

export interface MessageService {
  posted: Posted[];
  /** What it answers: a status and a body. */
  answer: { status: number; body: string };
  /** A `fetch` whose calls to the service's own host arrive here; any other address fails. */
  fetch(url: string | URL, init?: RequestInit): Promise<Response>;
  close(): Promise<void>;
}

const CREATED = { status: 201, body: JSON.stringify({ sid: `SM${'0123456789abcdef'.repeat(2)}`, status: 'queued' }) };

async function bodyOf(req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** The API of 2010-04-01, as far as a message needs it. */
export async function startService(): Promise<MessageService> {
  const server = createServer(async (req, res) => {
    const fields = Object.fromEntries(new URLSearchParams(await bodyOf(req)));
    const { method = '', url = '', headers } = req;
    service.posted.push({ method, path: url, authorization: headers.authorization ?? '', fields });
    res.writeHead(service.answer.status, { 'content-type': 'application/json' }).end(service.answer.body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const service: MessageService = {
    posted: [],
    answer: CREATED,
    fetch(url, init) {
      const asked = new URL(url);
      if (asked.origin !== 'https://api.twilio.com') return Promise.reject(new Error('another host'));
      return fetch(`http://127.0.0.1:${port}${asked.pathname}${asked.search}`, init);
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return service;
}
