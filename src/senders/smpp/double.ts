import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import smpp, { type Received, type Session } from 'smpp';

export interface Delivered {
  to: string;
  text: string;
  /** How many parts it came in, and in what data coding. */
  parts: number;
  coding: number;
}

export interface MessageCentre {
  port: number;
  delivered: Delivered[];
  /** All that was said to it, command by command. */
  heard: Received[];
  /** What it answers to messages: status 0 takes them; undefined is silence. */
  status: number | undefined;
  sessions: Set<Session>;
  close(): Promise<void>;
}

/** A message centre as the library makes one, which puts the parts of a text together again. */
export async function startCentre(options: {
  secret: string;
  tls?: { key: string; cert: string };
  port?: number;
}): Promise<MessageCentre> {
  const waiting = new Map<string, Received[]>();
  const server = smpp.createServer(options.tls ?? {}, (session) => {
    centre.sessions.add(session);
    session.on('error', () => session.destroy());
    session.on('pdu', (pdu) => answer(session, pdu));
  });
  const centre: MessageCentre = {
    port: 0,
    delivered: [],
    heard: [],
    status: 0,
    sessions: new Set(),
    async close() {
      for (const session of centre.sessions) session.destroy();
      server.close();
      await once(server, 'close');
    },
  };

  function answer(session: Session, pdu: Received): void {
    centre.heard.push(pdu);
    if (pdu.command.startsWith('bind_')) {
      const right = pdu.password === options.secret;
      session.send(pdu.response(right ? {} : { command_status: smpp.ESME_RINVPASWD }));
    } else if (pdu.command === 'submit_sm') {
      if (centre.status === undefined) return;
      if (centre.status === 0) take(pdu);
      session.send(pdu.response({ command_status: centre.status, message_id: `message-${centre.heard.length}` }));
    } else if (pdu.command === 'unbind' || pdu.command === 'enquire_link') session.send(pdu.response());
  }

  function take(pdu: Received): void {
    const { destination_addr: to, data_coding: coding, short_message } = pdu;
    // 00 03 <reference> <parts> <which>
    const [header] = short_message.udh ?? [];
    const total = header?.[3] ?? 1;
    const key = `${to} ${header?.[2] ?? centre.heard.length}`;
    const parts = [...(waiting.get(key) ?? []), pdu];
    waiting.set(key, parts);
    if (parts.length < total) return;
    waiting.delete(key);
    const place = (part: Received) => part.short_message.udh?.[0]?.[4] ?? 0;
    const text = parts.toSorted((a, b) => place(a) - place(b)).map((part) => part.short_message.message);
    centre.delivered.push({ to: `+${to}`, text: text.join(''), parts: total, coding });
  }

  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  centre.port = (server.address() as AddressInfo).port;
  return centre;
}
