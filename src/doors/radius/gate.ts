import type { Ending, Gate } from '../../core/listening.ts';
import type { Clients } from './clients.ts';
import type { Note, Notes } from './notes.ts';
import type { RadiusClient } from './settings.ts';

/** What is said of a connection that ended, or was none. */
const WORDS: Readonly<Record<Ending, Note>> = {
  'too-many': 'connections',
  'no-tls': 'tls',
  slow: 'slow',
  broken: 'malformed',
  expired: 'certificate',
};

interface Parts {
  clients: Clients;
  byId: ReadonlyMap<string, RadiusClient>;
  notes: Notes;
}

/** Who may connect over TLS (RFC 6614 section 2.3): whoever has an address and a certificate of the same client. */
export function createGate({ clients, byId, notes }: Parts): Gate {
  return {
    expects(address) {
      const expected = clients.isExpected(address);
      if (!expected) notes.count('unknown-client');
      return expected;
    },

    admits(peer) {
      const client = clients.of(peer);
      if (client !== undefined && peer.certificate !== undefined) return client.id;
      const shown = peer.certificate?.fingerprint ?? 'none';
      notes.tell(undefined, 'certificate', { from: peer.address, fingerprint: shown });
      return undefined;
    },

    ended(why, from, application) {
      notes.tell(application === undefined ? undefined : byId.get(application), WORDS[why], { from });
    },
  };
}
