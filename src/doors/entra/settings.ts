import { z } from 'zod';
import type { Application } from '../../core/application.ts';

/** Where Entra's sign-in pages are, by cloud: an answer goes nowhere else. */
const CLOUDS = {
  global: 'https://login.microsoftonline.com',
  us: 'https://login.microsoftonline.us',
  china: 'https://login.partner.microsoftonline.cn',
} as const;
const LOOPBACK = /^http:\/\/(localhost|127\.0\.0\.1):\d{1,5}$/;

const guid = z
  .string()
  .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i, {
    error: 'must be an identifier of 32 digits, as Entra shows it',
  })
  .transform((text) => text.toLowerCase());

export const entraSettings = z.strictObject({}).prefault({});
export type EntraSettings = z.output<typeof entraSettings>;

export const entraApplication = z.strictObject({
  tenant: guid.describe('Directory (tenant) ID'),
  applicationId: guid.describe('Application (client) ID of the registration at Entra: the hint is for it alone'),
  clientId: z
    .string()
    .min(1)
    .max(200)
    .regex(/^[\x21-\x7e]+$/, { error: 'must be printable ASCII without blanks' })
    .describe('Client ID that we give Entra, as the external method has it'),
  cloud: z
    .union([z.enum(['global', 'us', 'china']), z.string().regex(LOOPBACK)], {
      error: 'must be one of: global, us, china',
    })
    .default('global')
    .describe('Which of Microsoft’s clouds the tenant is in'),
  account: z
    .enum(['import', 'login'])
    .default('import')
    .describe(
      'How somebody’s account is found the first time: by an import, or as a name to sign in with that is their object ID',
    ),
});
export type EntraApplication = z.output<typeof entraApplication>;

/** An application that is a tenant of Entra's. */
export type Tenant = Application & { settings: EntraApplication };

/** Origin of the sign-in pages; this machine, for whoever tries with a double. */
export const authorityOf = ({ cloud }: EntraApplication): string =>
  Object.hasOwn(CLOUDS, cloud) ? CLOUDS[cloud as keyof typeof CLOUDS] : cloud;

/** The one address that answers go to. */
export const redirectOf = (settings: EntraApplication): string =>
  `${authorityOf(settings)}/common/federation/externalauthprovider`;

/** Two that are the same tenant and client couldn't be told apart. */
export function checkTenants(
  applications: readonly Tenant[],
): { application: string; path: string; message: string }[] {
  return applications.flatMap(({ id, settings }, at) => {
    const first = applications.findIndex((other) => other.settings.clientId === settings.clientId);
    if (first === at) return [];
    return [
      { application: id, path: 'clientId', message: `is that of applications.${applications[first]?.id} as well` },
    ];
  });
}
