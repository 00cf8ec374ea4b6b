import { setTimeout as pause } from 'node:timers/promises';
import type { LogPort } from '../../core/door.ts';
import { SallyportError } from '../../core/errors.ts';
import type { Leases } from './leases.ts';
import { keep, momentNow, type Node, told } from './node.ts';

/** Chains that commands may have at once beside servers of the same name. */
const COMMANDS = 9;

export interface Joining {
  leases: Leases;
  /** As configured. */
  name: string;
  log: LogPort;
}

/**
 * Takes the configured name for a server. One that somebody has is waited for, as long as it lasts.
 *
 * @throws SallyportError ERR_DATA_LOCKED where it is renewed meanwhile
 */
export async function join({ leases, name, log }: Joining): Promise<Node> {
  let asked = momentNow();
  let seen = await leases.take(name);
  if (seen) log.warn({ node: name, host: seen.host, pid: seen.pid }, 'waiting for the name of this node');
  while (seen) {
    await pause(leases.lasts / 15);
    asked = momentNow();
    const found = await leases.take(name);
    if (found && found.holder === seen.holder && found.until !== seen.until) {
      const message = `there is a node ${name} already: ${told(found)}. Give each node a name of its own (node: in the configuration)`;
      throw new SallyportError('ERR_DATA_LOCKED', message);
    }
    seen = found;
  }
  return keep({ leases, name, log, asked });
}

/**
 * Takes a name for a command, beside servers and other commands; no configured one has a dot in it.
 *
 * @throws SallyportError ERR_DATA_LOCKED where too many run
 */
export async function joinForCommand({ leases, name, log }: Joining): Promise<Node> {
  for (let number = 1; number <= COMMANDS; number += 1) {
    const own = `${name}.cli${number === 1 ? '' : number}`;
    const asked = momentNow();
    if ((await leases.take(own)) === undefined) return keep({ leases, name: own, log, asked });
  }
  throw new SallyportError('ERR_DATA_LOCKED', `${COMMANDS} commands of the node ${name} run already: try again later`);
}
