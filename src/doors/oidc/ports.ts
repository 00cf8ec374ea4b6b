import type { CorePorts, SessionListener } from '../../core/door.ts';

/** What this door is given, and whoever listens to it. */
export interface OidcPorts extends CorePorts {
  /** By door: told of every session's end. */
  listeners: ReadonlyMap<string, SessionListener>;
}
