import { createHash } from 'node:crypto';
import type { DoorPorts } from '../../core/door.ts';
import type { JourneyStep } from '../../core/journey.ts';
import { attributesFor } from './attributes.ts';
import type { Reply } from './clients.ts';
import { CODE, TYPE } from './codec/numbers.ts';
import { type Attribute, integer, text, valueIn } from './codec/packet.ts';
import type { Asked } from './request.ts';
import { CHALLENGE } from './rounds.ts';
import type { RadiusClient } from './settings.ts';
import type { Texts } from './texts.ts';

type Done = Extract<JourneyStep, { kind: 'done' }>;

/** What is answered to an Access-Request: in a Reject and a Challenge nothing but what may stand there (RFC 2865 section 5.44). */
export function createReplies({ now }: Pick<DoorPorts, 'now'>, texts: Texts) {
  const reject = (client: RadiusClient, reply: string): Reply => ({
    code: CODE.accessReject,
    attributes: reply === '' ? [] : [text(TYPE.replyMessage, texts.reply(client, reply))],
  });

  /** In words that were found already. */
  const refuse = (reply: string): Reply => ({
    code: CODE.accessReject,
    attributes: [text(TYPE.replyMessage, reply)],
  });

  function accept({ client, packet }: Asked, { account, expires }: Done): Reply {
    const { attributes, sessionTimeout, pool, interim } = client.settings;
    const left = [expires === undefined ? [] : [expires - now()], sessionTimeout ?? []].flat();
    const timeout = left.length === 0 ? [] : [Math.max(1, Math.floor(Math.min(...left) / 1_000))];
    // Only where it was asked for (RFC 4372 section 2.2). It tells one client's records apart from another's.
    const identity = valueIn(packet, TYPE.chargeableUserIdentity) ? [identityOf(client, account.id)] : [];
    return {
      code: CODE.accessAccept,
      attributes: [
        ...attributesFor(attributes, account.groups),
        ...timeout.map((seconds) => integer(TYPE.sessionTimeout, seconds)),
        ...(pool ? [integer(TYPE.acctInterimInterval, interim / 1_000)] : []),
        ...identity,
      ],
    };
  }

  const challenge = (shown: string, state: string): Reply => ({
    code: CODE.accessChallenge,
    attributes: [
      text(TYPE.replyMessage, shown),
      text(TYPE.state, state),
      integer(TYPE.sessionTimeout, CHALLENGE / 1_000),
      // What is typed may be seen: it is good once (RFC 2869 section 5.10).
      integer(TYPE.prompt, 1),
    ],
  });

  return { reject, refuse, accept, challenge };
}

export type Replies = ReturnType<typeof createReplies>;

function identityOf({ id }: RadiusClient, account: string): Attribute {
  const name = createHash('sha256')
    .update(JSON.stringify([id, account]))
    .digest('hex')
    .slice(0, 32);
  return text(TYPE.chargeableUserIdentity, name);
}
