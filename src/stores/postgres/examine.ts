import type { Examine } from '../../core/finding.ts';
import { addressOf, isHere, type Settings } from './settings.ts';

/** SSLRequest (PostgreSQL's protocol, "Message Formats"): its answer is one letter. */
const SSL_REQUEST = Uint8Array.of(0, 0, 0, 8, 4, 210, 22, 47);

/** How the way to the server is kept. */
export const examine: Examine<Settings> = async (settings, { certificate }) => {
  const { tls } = settings;
  const { host, port } = addressOf(settings);
  if (host.startsWith('/') || (tls === undefined && isHere(host))) return [];
  if (tls?.dangerouslyOff) {
    const text = `the way to ${host} has no TLS: whoever is on it reads and changes what is kept`;
    return [{ level: 'notice', text, todo: 'Have the server speak TLS, and take dangerouslyOff out.' }];
  }
  return [await certificate({ host, port, serverName: tls?.serverName, ca: tls?.ca, prelude: SSL_REQUEST })];
};
