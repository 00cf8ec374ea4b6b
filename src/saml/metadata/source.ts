import type { Admit, MetadataPorts, Source } from './ports.ts';
import type { MetadataSource } from './settings.ts';
import { createFileSource } from './sources/file.ts';
import { createMdqSource } from './sources/mdq.ts';
import { createUrlSource } from './sources/url.ts';

/** The source of `owner`, of whatever kind its settings are. `admit` isn't asked for a query server: its entities come one by one. */
export function createSource(owner: string, settings: MetadataSource, ports: MetadataPorts, admit: Admit): Source {
  if ('file' in settings) return createFileSource(owner, settings, ports, admit);
  if ('url' in settings) return createUrlSource(owner, settings, ports, admit);
  return createMdqSource(owner, settings, ports);
}
