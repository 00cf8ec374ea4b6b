import type { Arrival, Gate, Listening } from '../../core/listening.ts';

/** What a port of a door does with what arrives there. */
export interface Carrier {
  /** Has the door look at it; undefined where nothing comes of it, or settled when all that does is done. */
  take(arrival: Omit<Arrival, 'hasRoom'>): Promise<void> | undefined;
  /** The door's say on connections, in the present building. */
  readonly gate: Gate | undefined;
  fault(err: unknown): void;
}

/** A port of a door, open. */
export interface OwnPort {
  readonly port: number;
  /** Takes up what another reading of the configuration says of it. */
  renew(listening: Listening): void;
  /** Takes no new connection; what arrives by those that are there is looked at until `close`. */
  leave(): void;
  close(): Promise<void>;
}

/** An address as one writes it: an IPv4 address that came to an IPv6 port is one all the same. */
export const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/, '');
