import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type DemoServiceProvider, SERVICE_PROVIDERS } from './application.ts';
import { keptKeys, type ServiceProviderKeys } from './keys.ts';
import { metadataOf } from './metadata.ts';

export interface Preparation {
  /** Folder for the keys. */
  folder: string;
  /** Where the service provider will be, without a slash at the end. */
  url: string;
  /** Default: the demo's three. */
  applications?: readonly DemoServiceProvider[];
  /** Where an application's metadata is to be written; default: `<id>.xml` in `folder`. */
  metadataFiles?: Readonly<Record<string, string>>;
}

export interface Prepared {
  url: string;
  applications: readonly DemoServiceProvider[];
  keys: ServiceProviderKeys;
  /** By application. */
  metadataFiles: Readonly<Record<string, string>>;
}

/**
 * Makes the keys, once, and writes the metadata that an identity provider reads before the service provider
 * is up; `startServiceProvider` takes what it answers.
 */
export async function prepareServiceProvider(wish: Preparation): Promise<Prepared> {
  const { folder, url, applications = SERVICE_PROVIDERS } = wish;
  const keys = await keptKeys(join(folder, 'service-provider.json'));
  const files = applications.map(({ id }) => [id, wish.metadataFiles?.[id] ?? join(folder, `${id}.xml`)] as const);
  const metadataFiles: Record<string, string> = Object.fromEntries(files);
  for (const application of applications) {
    const file = metadataFiles[application.id];
    if (file === undefined) continue;
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, metadataOf(application, url, keys));
  }
  return { url, applications, keys, metadataFiles };
}
