import {
  type Ceremony,
  type CreationOptions,
  type Making,
  type RequestOptions,
  SoftwareAuthenticator,
} from '../../src/factors/fido2/double.ts';
import type { Reply } from './client.ts';
import { forms } from './forms.ts';
import type { Gateway } from './gateway.ts';
import type { Someone } from './scene.ts';

/** The options that a page gives to the script, of the form that has any; undefined where none has. */
export function ceremonyOf<T>(page: Reply): T | undefined {
  const text = /data-ceremony="([^"]*)"/.exec(page.body)?.[1];
  if (text === undefined) return undefined;
  const json = text.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&lt;', '<').replaceAll('&gt;', '>');
  return (JSON.parse(json.replaceAll('&amp;', '&')) as { publicKey: T }).publicKey;
}

function optionsOf<T>(page: Reply): T {
  const options = ceremonyOf<T>(page);
  if (options === undefined) throw new Error(`no ceremony here: ${page.status} ${page.text}`);
  return options;
}

/** The form of the ceremony: where it is sent, and its hidden fields. */
export function ceremonyForm(page: Reply): { url: URL; fields: Record<string, string> } {
  const own = forms(page.body).find(({ fields }) => Object.hasOwn(fields, 'response'));
  if (own === undefined) throw new Error(`no ceremony here: ${page.status} ${page.text}`);
  return { url: new URL(own.action, page.url), fields: own.fields };
}

/** A security key on the gateway's own pages. */
export class Passkey extends SoftwareAuthenticator {
  constructor(gateway: Pick<Gateway, 'url'>, making?: Making) {
    super(gateway.url, making);
  }

  /** Sends the answer to a page's ceremony; follows to the page after it. */
  async send(someone: Someone, page: Reply, response: string | undefined): Promise<Reply> {
    const { url, fields } = ceremonyForm(page);
    const reply = await someone.client.post(url, { ...fields, response: response ?? '' });
    return someone.client.follow(reply);
  }

  /** Sets itself up. */
  enrol(someone: Someone, page: Reply, ceremony?: Ceremony): Promise<Reply> {
    return this.send(someone, page, this.create(optionsOf<CreationOptions>(page), ceremony).response);
  }

  answerTo(page: Reply, ceremony?: Ceremony): string {
    return this.get(optionsOf<RequestOptions>(page), ceremony).response ?? '';
  }

  /** Signs in, or proves the second step. */
  use(someone: Someone, page: Reply, ceremony?: Ceremony): Promise<Reply> {
    return this.send(someone, page, this.answerTo(page, ceremony));
  }
}
