import { z } from 'zod';
import { duration, issuer, localized, port, range } from '../fields.ts';
import { MANAGEMENT } from '../management-address.ts';

const listen = z
  .strictObject({
    host: z.string().min(1).default('127.0.0.1').describe('Address to listen on; 0.0.0.0 is every IPv4 interface'),
    port: port.default(3000),
    tls: z
      .strictObject({
        cert: z.string().min(1).describe('PEM file: certificate and chain'),
        key: z.string().min(1).describe('PEM file: private key'),
        clientCertificates: z
          .boolean()
          .default(false)
          .describe(
            'Ask whoever connects for a certificate, and take any or none (RFC 8705). Browsers ask their people',
          ),
      })
      .optional()
      .describe('Serve https here; otherwise a trusted proxy ends TLS'),
    drain: duration('0s', '5s')
      .prefault('0s')
      .describe('On SIGTERM requests are still taken so long, while a balancer finds out that it is not ready'),
  })
  .prefault({})
  .describe('Where people and applications reach the gateway');

const management = z
  .strictObject({
    host: z.string().min(1).default(MANAGEMENT.host),
    port: port.default(MANAGEMENT.port),
    dangerouslyPublic: z
      .boolean()
      .default(false)
      .describe('Allows a host that others can reach. It asks nobody who they are'),
  })
  .prefault({})
  .describe('Health and metrics, for this machine alone');

const tracing = z
  .strictObject({
    acceptFrom: z.array(range).default([]).describe('Peers whose traceparent counts (W3C Trace Context)'),
  })
  .prefault({})
  .describe('OpenTelemetry, where an SDK is loaded');

/** What it is called, and where it is reached. */
export const gateway = {
  node: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, { error: 'must be lower-case letters, digits and hyphens, at most 63' })
    .default('main')
    .describe('Name of this process among those that share its stores: no two that run at once may have the same'),
  clock: z
    .enum(['database', 'machine'])
    .default('database')
    .describe('Whose time counts where nodes share a database: its own, or each machine’s'),
  issuer: issuer.describe('Public origin of the gateway: https://login.example.org'),
  name: localized.describe('What the institution calls this service'),
  listen,
  management,
  tracing,
  trustedProxies: z.array(range).default([]).describe('Whose forwarded headers count'),
  clientCertificateHeader: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$/, { error: 'must be the name of a header' })
    .transform((name) => name.toLowerCase())
    .optional()
    .describe('Header in which trusted proxies pass on the certificate that a client showed them'),
};
