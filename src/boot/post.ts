import type { Post } from '../core/post.ts';
import type { Channel } from '../core/sender.ts';
import { createCodeWriter, type I18n } from '../web/index.ts';
import type { Config } from './config.ts';
import type { Modules } from './modules.ts';
import type { Senders } from './senders.ts';

type PostSettings = Pick<Config, 'branding' | 'senders' | 'name' | 'issuer' | 'support'>;

/** Messages with a code, by the configured senders. */
export function postOf(
  { senders: configured, name, issuer, support, branding: colours }: PostSettings,
  modules: Modules,
  i18n: I18n,
  senders: Pick<Senders, 'send'>,
): Post {
  const carried = new Set<Channel>([...configured.keys()].flatMap((id) => modules.senders.get(id)?.carries ?? []));
  const write = createCodeWriter({ i18n, name, issuer, support, colours });
  return {
    carries: (channel) => carried.has(channel),
    async send({ channel, to, country }, said, { account: { id: account, name: person, locale }, locale: page }) {
      const { short, ...letter } = write(said, { name: person }, locale ?? page);
      const message =
        channel === 'mail'
          ? ({ channel, to, ...letter } as const)
          : ({ channel, to, text: short, ...(country ? { country } : {}) } as const);
      const sent = await senders.send(message, { account });
      return sent.ok || sent.unsure === true;
    },
  };
}
