import type { AuditPort, LogPort } from '../core/door.ts';
import type { Channel, ManagementPage, Outgoing, Sender, SenderPorts, Sent } from '../core/sender.ts';
import type { Config } from './config.ts';
import type { Modules } from './modules.ts';
import { spanned } from './observed/tracing.ts';

/** For whom a message is, and which factor sends it; a notice is nobody's. */
export interface About {
  factor?: string;
  account: string;
}

export interface Senders {
  send(message: Outgoing, about: About): Promise<Sent>;
  pages: readonly ManagementPage[];
  close(): Promise<void>;
}

interface Enabled {
  id: string;
  carries: readonly Channel[];
  sender: Sender;
}

/** The configured senders, in their order: each message goes to the first that takes it. */
export function createSenders(
  config: Pick<Config, 'senders'>,
  modules: Modules,
  ports: SenderPorts,
  audit: AuditPort,
): Senders {
  const enabled: Enabled[] = [];
  for (const [id, settings] of config.senders) {
    const module = modules.senders.get(id);
    if (module === undefined) continue;
    enabled.push({ id, carries: module.carries, sender: module.create(settings, ports) });
  }

  return {
    async send(message, about) {
      const { channel } = message;
      let last: Sent = { ok: false, reason: 'no sender' };
      for (const { id, carries, sender } of enabled) {
        if (!carries.includes(channel)) continue;
        const span = { 'sallyport.sender': id, 'sallyport.channel': channel };
        last = await spanned('send', span, () => attempt(sender, message, ports.log, id));
        const facts = { ...about, channel, sender: id, ...whereOf(message) };
        if (last.ok) audit.note({ event: 'message.sent', ...facts, ...(last.id ? { message: last.id } : {}) });
        else {
          audit.note({ event: 'message.failed', ...facts, reason: last.reason });
          ports.log.warn({ ...facts, reason: last.reason }, 'a message was not taken');
        }
        // What may have been taken isn't sent a second time by another.
        if (last.ok || last.unsure) break;
      }
      return last;
    },
    pages: enabled.flatMap(({ sender }) => sender.pages ?? []),
    async close() {
      await Promise.all(enabled.map(({ sender }) => sender.close?.()));
    },
  };
}

const whereOf = (message: Outgoing) =>
  message.channel === 'text' && message.country !== undefined ? { country: message.country } : {};

async function attempt(sender: Sender, message: Outgoing, log: LogPort, id: string): Promise<Sent> {
  try {
    return await sender.send(message);
  } catch (error) {
    log.error({ sender: id, cause: (error as Error).name }, 'a sender threw');
    return { ok: false, reason: 'error', unsure: true };
  }
}
