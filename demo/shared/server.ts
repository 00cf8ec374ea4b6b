import { createServer, type Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import type { Express, RequestHandler } from 'express';
import helmet from 'helmet';

/** The style sheet of the demo's pages. */
export const STYLE = fileURLToPath(new URL('style.css', import.meta.url));

/** Resolves once it listens; port 0 takes a free one. */
export function listen(app: Express, port: number, host: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer(app);
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}

/** A foreign name for this address (DNS rebinding) would read the pages as its own. */
export function ownHost(host: string): RequestHandler {
  return (req, res, next) => {
    if (req.headers.host === host) return next();
    res.status(421).type('text').send(`This is http://${host}/\n`);
  };
}

/** Headers of a site that runs no script and posts to itself and the issuer alone. */
export function security(issuer: URL): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
        // Signing out posts here and is sent on to the issuer.
        formAction: ["'self'", issuer.origin],
      },
    },
    strictTransportSecurity: false,
  });
}

export function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
