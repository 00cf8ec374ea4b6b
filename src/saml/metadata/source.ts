import type { Entity, IdentityProvider } from '../model.ts';
import type { Admit, MetadataPorts, Source } from './ports.ts';
import type { MetadataSource } from './settings.ts';
import { createFileSource } from './sources/file.ts';
import { createMdqSource } from './sources/mdq.ts';
import { createUrlSource } from './sources/url.ts';

type Ports = Omit<MetadataPorts, 'role'>;

/**
 * The service providers of `owner`'s source, of whatever kind its settings are. `admit` isn't asked for a query server:
 * its entities come one by one.
 */
export const createSource = (owner: string, settings: MetadataSource, ports: Ports, admit: Admit): Source =>
  sourceOf(owner, settings, ports, admit);

/** The same of identity providers; their copies lie in a namespace of their own. */
export const createProviderSource = (
  owner: string,
  settings: MetadataSource,
  ports: Ports & { namespace: string },
  admit: Admit,
): Source<IdentityProvider> => sourceOf(owner, settings, { ...ports, role: 'idp' }, admit);

function sourceOf<E extends Entity>(
  owner: string,
  settings: MetadataSource,
  ports: MetadataPorts,
  admit: Admit,
): Source<E> {
  if ('file' in settings) return createFileSource<E>(owner, settings, ports, admit);
  if ('url' in settings) return createUrlSource<E>(owner, settings, ports, admit);
  return createMdqSource<E>(owner, settings, ports);
}
