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
  /** Where the metadata is to be written, by application: those that aren't named are left out. Default: all, in `folder`. */
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
  const { folder, url } = wish;
  const keys = await keptKeys(join(folder, 'service-provider.json'));
  const metadataFiles = wish.metadataFiles ?? everyFile(folder);
  const applications = SERVICE_PROVIDERS.filter(({ id }) => Object.hasOwn(metadataFiles, id));
  for (const application of applications) {
    const file = metadataFiles[application.id] ?? '';
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, metadataOf(application, url, keys));
  }
  return { url, applications, keys, metadataFiles };
}

function everyFile(folder: string): Record<string, string> {
  return Object.fromEntries(SERVICE_PROVIDERS.map(({ id }) => [id, join(folder, `${id}.xml`)]));
}
