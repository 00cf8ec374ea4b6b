import webPush from 'web-push';
import type { FactorPorts } from '../../core/factor-ports.ts';
import type { OwnSealedPlace } from '../../core/sealed.ts';

/** Who this sender is to push services (RFC 8292), base64url. */
export interface Vapid {
  publicKey: string;
  privateKey: string;
}

const KEY = 'vapid';

export const sealedVapid: OwnSealedPlace = {
  what: 'key of Web Push',
  table: 'state',
  contextOf: (key) => (key === KEY ? KEY : undefined),
};

/**
 * The key of this installation: made once, whichever node starts first, and kept sealed. Subscriptions are bound to it
 * (RFC 8292 section 4), so that another one would reach none of the phones.
 */
export async function loadVapid({ state, sealer }: Pick<FactorPorts, 'state' | 'sealer'>): Promise<Vapid> {
  const kept = await state.get(KEY);
  if (kept) return JSON.parse(sealer.open(kept.value, KEY)) as Vapid;
  const fresh = webPush.generateVAPIDKeys();
  await state.set(KEY, sealer.seal(JSON.stringify(fresh), KEY), 0);
  return loadVapid({ state, sealer });
}

/** Push services want somebody to write to; on a machine of one's own there is nobody. */
export function subjectOf(subject: string | undefined, issuer: string): string {
  const { protocol, hostname } = new URL(issuer);
  return subject ?? (protocol === 'https:' ? issuer : `mailto:administrator@${hostname}`);
}
