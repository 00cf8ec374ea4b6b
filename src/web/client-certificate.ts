import { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { RequestHandler } from 'express';
import type { Locals, WebDeps } from './context.ts';

/** Characters of a certificate in a header; longer ones are nobody's. */
const LONGEST = 16 * 1024;

type Trusts = (address: string | undefined, hop: number) => boolean;

/**
 * A certificate as proxies pass it on: `:base64:` of DER (RFC 9440 section 2.1), PEM that is percent-encoded (nginx's
 * `$ssl_client_escaped_cert`, Traefik, Envoy) or in one line, or DER in base64 alone (HAProxy).
 */
export function readCertificate(value: string): X509Certificate | undefined {
  if (value.length > LONGEST) return undefined;
  try {
    const text = value.includes('%') ? decodeURIComponent(value) : value;
    const base64 = text.replace(/^:|:$/g, '').replace(/-----(BEGIN|END) CERTIFICATE-----|\s/g, '');
    if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return undefined;
    const der = Buffer.from(base64, 'base64');
    const certificate = new X509Certificate(der);
    // Nothing stands behind it that another reader might take for the certificate.
    return certificate.raw.equals(der) ? certificate : undefined;
  } catch {
    return undefined;
  }
}

/** The one that the connection's other end has proven to have the key of, whoever vouches for it. */
function ofConnection({ socket }: IncomingMessage): X509Certificate | undefined {
  return socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined;
}

/**
 * Leaves for the handlers which certificate a program showed as it connected (RFC 8705): to us, or to a proxy that is
 * trusted and says so in the header. Whoever else sends that header is believed nothing, and nobody reads it later.
 */
export function clientCertificates({
  clientCertificateHeader: name,
}: Pick<WebDeps, 'clientCertificateHeader'>): RequestHandler {
  return (req, res, next) => {
    const { socket } = req;
    const trusts: Trusts = req.app.get('trust proxy fn');
    const said = name === undefined ? undefined : req.headers[name];
    if (name !== undefined) delete req.headers[name];
    // Its own certificate, if it shows one, is not that of whoever it speaks for.
    const byProxy = trusts(socket.remoteAddress, 0);
    const certificate: Locals['certificate'] = byProxy
      ? () => (typeof said === 'string' ? readCertificate(said) : undefined)
      : () => ofConnection(req);
    Object.assign(res.locals, { certificate });
    next();
  };
}
