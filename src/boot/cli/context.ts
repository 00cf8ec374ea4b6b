import type { CommandResult } from '../../core/directory.ts';
import type { CommandHost } from '../commands.ts';
import type { Config } from '../config.ts';
import type { Modules } from '../modules.ts';
import type { Io } from './io.ts';

/** Opens what commands work on, in this process. */
export type OpenHost = (config: Config, modules: Modules) => Promise<CommandHost & { close(): Promise<void> }>;

/** What commands share. Whatever is more than words is loaded by the command that needs it. */
export interface Context {
  io: Io;
  /** The configuration that is meant. */
  file(): string;
  /** Loads the plug-ins. */
  modules(): Promise<Modules>;
  open: OpenHost;
  /** Prints what a command answered, and ends with its exit code. */
  show(result: CommandResult): void;
}
