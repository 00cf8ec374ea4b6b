/**
 * A port of a door's own, as its settings want it. It is opened once for the process and stays open while buildings come
 * and go: what arrives goes to the door of the present one.
 */
export interface Listening {
  /** What the door knows it by. */
  name: string;
  transport: 'udp';
  /** `::` is every IPv4 and IPv6 address. */
  host: string;
  /** 0 takes a free one. */
  port: number;
}

/** What arrived at a port of a door's own. */
export interface Arrival {
  /** Name of the port. */
  at: string;
  octets: Buffer;
  /** Who sent it, as far as the network can be believed; an IPv4 address is always written as one. */
  from: { address: string; port: number };
  /** Sends an answer back the same way. Whether it gets there nobody is told. */
  answer(octets: Buffer): void;
}

/**
 * What an arrival comes to: work that is yet to be done, or nothing. Whoever carries it asks first whether this process
 * may answer at all, and bounds how much of it is under way.
 */
export type Work = () => Promise<void>;

/** Counts what a door does with what arrives at its own ports. */
export interface ArrivalMeter {
  /** `outcome`: one of a few words of the door's. `application`: whose it was, where that is known. */
  count(outcome: string, application?: string): void;
}
