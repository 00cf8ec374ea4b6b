import { join } from 'node:path';
import { SERVICE_PROVIDERS } from '../../demo/service-provider/application.ts';
import { type Prepared, prepareServiceProvider } from '../../demo/service-provider/prepare.ts';
import type { Client, Reply } from './client.ts';

const IDS: ReadonlySet<string> = new Set(SERVICE_PROVIDERS.map(({ id }) => id));

/** Whether an application is one of the demo's service providers. */
export const isServiceProvider = (application: string): boolean => IDS.has(application);

/** Keys and metadata of the demo's service provider, in the folder of a test's gateway. */
export function prepareForTests(folder: string, port: number): Promise<Prepared> {
  return prepareServiceProvider({ folder: join(folder, 'service-provider'), url: `http://127.0.0.1:${port}` });
}

const RULES = [
  { name: 'reading-room', applications: ['reading-room'], level: 'sfa' },
  { name: 'laboratory', applications: ['laboratory'], level: 'mfa', remember: '30d' },
  { name: 'personnel', applications: ['personnel'], level: 'mfa', remember: 'never' },
];

interface Applications {
  applications: Record<string, unknown>;
  policy: { rules: unknown[] };
}

/** A configuration with the SAML door and the demo's service providers added. */
export function withServiceProviders(tree: Record<string, unknown>, prepared: Prepared): Record<string, unknown> {
  const { applications, policy, doors } = tree as unknown as Applications & { doors: object }; // as the gateway's tests write it
  const own = prepared.applications.map(({ id, names, unsolicited }) => [
    id,
    {
      name: names,
      saml: {
        metadata: { file: prepared.metadataFiles[id] },
        attributes: ['displayName', 'mail', 'eduPersonAffiliation'],
        ...(unsolicited ? { idpInitiated: true } : {}),
      },
    },
  ]);
  return {
    ...tree,
    doors: { ...doors, saml: {} },
    applications: { ...applications, ...Object.fromEntries(own) },
    policy: { ...policy, rules: [...policy.rules, ...RULES] },
  };
}

/** What moves the demo's own configuration to where its service provider was prepared. */
export function metadataOfDemo(tree: Record<string, unknown>, { metadataFiles }: Prepared): Record<string, unknown> {
  const { applications } = tree as { applications: object };
  const files = Object.entries(metadataFiles).filter(([id]) => Object.hasOwn(applications, id));
  return { applications: Object.fromEntries(files.map(([id, file]) => [id, { saml: { metadata: { file } } }])) };
}

/** Goes with a person who signs out through the page that tells one application after another, as it goes on by itself. */
export async function leaveAll(client: Client, page: Reply, stop?: (next: URL) => boolean): Promise<Reply> {
  let last = page;
  for (let stops = 0; stops < 10; stops += 1) {
    const onward = /<a\b[^>]* href="([^"]+)" data-after=/.exec(last.body)?.[1];
    if (onward === undefined) return last;
    last = await client.follow(await client.get(new URL(onward.replaceAll('&amp;', '&'), last.url)), stop);
  }
  throw new Error(`the logout does not end: ${last.url.href}`);
}
