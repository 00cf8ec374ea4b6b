import type { CorePorts } from '../../core/door.ts';
import type { Strangers } from '../../core/strangers.ts';
import type { Config } from '../config.ts';
import type { Modules } from '../modules.ts';
import type { Ground } from './ground.ts';
import type { Ledger } from './ledger.ts';
import type { Outside } from './outside.ts';
import type { People } from './people.ts';

/** What stands before the first door does. */
export interface Standing {
  config: Config;
  modules: Modules;
  ground: Ground;
  ledger: Ledger;
  outside: Outside;
  people: People;
  strangers: Strangers;
  /** Asks for a keyring that is kept up to date as long as this stands. */
  keyring: CorePorts['keyring'];
}
