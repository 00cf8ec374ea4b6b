import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readMessage } from '../../src/factors/sms/double.ts';
import type { Gateway } from './gateway.ts';

export interface Message {
  at: number;
  to: string;
  /** Of a mail. */
  subject?: string;
  text: string;
  html?: string;
  attachments?: readonly { name: string; type: string; content: string }[];
}

/** Configuration for codes by text message that go nowhere but to the outbox. */
export const OUTBOX = {
  demo: {},
  senders: { outbox: {} },
  factors: { password: {}, totp: {}, sms: { countries: ['HK', 'GB'] } },
};

/** What the gateway's management port says, asked anew each time. */
export async function management(gateway: Gateway, path: string): Promise<Response> {
  const server = createServer(gateway.app.management).listen(0, '127.0.0.1');
  try {
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    return await fetch(`http://127.0.0.1:${port}${path}`);
  } finally {
    server.close();
  }
}

/** Messages so far, the newest first; to one number alone where it is given. */
export async function outbox(gateway: Gateway, to?: string): Promise<Message[]> {
  const all = (await (await management(gateway, '/outbox.json')).json()) as Message[];
  return to === undefined ? all : all.filter((message) => message.to === to);
}

/** The code of the newest message to a number. */
export async function newestCode(gateway: Gateway, to: string): Promise<string> {
  const [newest] = await outbox(gateway, to);
  if (newest === undefined) throw new Error(`nothing was sent to ${to}`);
  return readMessage(newest.text).code;
}
