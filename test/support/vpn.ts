import { computedRequest } from '../../src/doors/radius/codec/authenticity.ts';
import { CODE, TYPE } from '../../src/doors/radius/codec/numbers.ts';
import { type Attribute, integer, text } from '../../src/doors/radius/codec/packet.ts';
import { PASSWORD } from './gateway.ts';
import { Concentrator, SECRET, stateOf, told } from './radius.ts';
import type { Scene, Someone } from './scene.ts';

/** Acct-Status-Type (RFC 2866 section 5.1). */
export const STATUS = { start: 1, stop: 2, interim: 3, on: 7 } as const;

/** The proxy that tests say addresses by: the gateway trusts it, and nobody else. */
export const PROXY = '127.0.0.9';

/** A session as its concentrator tells of it; `lasted` in seconds. */
export interface Told {
  id: string;
  station?: string;
  framed?: string;
  lasted?: number;
  more?: readonly Attribute[];
}

/** What an Accounting-Request says of a session. */
export function sessionAttributes(userName: string, { id, station = '203.0.113.40', framed, lasted, more = [] }: Told) {
  return [
    text(TYPE.userName, userName),
    text(TYPE.acctSessionId, id),
    text(TYPE.callingStationId, station),
    ...(framed === undefined
      ? []
      : [{ type: TYPE.framedIpAddress, value: Buffer.from(framed.split('.').map(Number)) }]),
    ...(lasted === undefined ? [] : [integer(TYPE.acctSessionTime, lasted)]),
    ...more,
  ];
}

/** A concentrator with both its ports: people sign in there, and it tells of their sessions. */
export class Vpn {
  readonly access: Concentrator;
  readonly #accounts: Concentrator;
  readonly #scene: Scene;
  #identifier = 0;

  private constructor(scene: Scene, access: Concentrator, accounts: Concentrator) {
    this.#scene = scene;
    this.access = access;
    this.#accounts = accounts;
  }

  /** `from`: address of its own. */
  static async of(scene: Scene, from = '127.0.0.1'): Promise<Vpn> {
    const port = (name: string) => scene.gateway.doorPorts.portOf('radius', name) ?? 0;
    const [access, accounts] = await Promise.all([
      Concentrator.at(port('access'), { from }),
      Concentrator.at(port('accounting'), { from }),
    ]);
    return new Vpn(scene, access, accounts);
  }

  close(): void {
    this.access.close();
    this.#accounts.close();
  }

  /** Password, and a code where one is asked for. */
  async signIn(someone: Someone, station = '203.0.113.40'): Promise<void> {
    const from = [text(TYPE.callingStationId, station)];
    const first = await this.access.ask(this.access.access(someone.username, PASSWORD, from));
    if (first.code === CODE.accessAccept) return;
    const code = this.#scene.nextCode(someone);
    const answer = await this.access.ask(this.access.access(someone.username, code, [...from, stateOf(first)]));
    if (answer.code !== CODE.accessAccept) throw new Error(`not accepted: ${told(answer)}`);
  }

  /** The octets of an Accounting-Request, of which no two are alike. */
  packet(status: number, attributes: readonly Attribute[]): Buffer {
    this.#identifier = (this.#identifier + 1) % 200;
    const own = [integer(TYPE.acctStatusType, status), text(TYPE.nasIdentifier, 'gate')];
    return computedRequest(CODE.accountingRequest, this.#identifier, [...own, ...attributes], SECRET);
  }

  /** Tells of a session; answers the octets that were sent. */
  async tell(status: number, userName: string, session: Told): Promise<Buffer> {
    const octets = this.packet(status, sessionAttributes(userName, session));
    await this.replay(octets);
    return octets;
  }

  async replay(octets: Buffer): Promise<void> {
    await this.#accounts.ask(octets);
  }
}
