/**
 * A port of a door's own, as its settings want it. It is opened once for the process and stays open while buildings come
 * and go: what arrives goes to the door of the present one.
 */
export type Listening = Datagrams | Connections;

interface Place {
  /** What the door knows it by. */
  name: string;
  /** `::` is every IPv4 and IPv6 address. */
  host: string;
  /** 0 takes a free one. */
  port: number;
}

/** UDP: each datagram is an arrival. */
export interface Datagrams extends Place {
  transport: 'udp';
}

/** TLS 1.2 and 1.3 over TCP, where both sides have certificates: each whole message is an arrival. */
export interface Connections extends Place {
  transport: 'tls';
  identity: Identity;
  /**
   * Octets of the message that these begin with, as far as they tell; `broken` where none can begin like this. It is at
   * most `longest`.
   */
  lengthOf(octets: Buffer): number | 'unknown' | 'broken';
  longest: number;
}

/** What a port over TLS shows of itself, and whom it believes; PEM. */
export interface Identity {
  cert: string;
  key: string;
  /** Authorities that vouch for others' certificates; without it none does. */
  ca?: string | undefined;
}

/** Who is at the other end, as far as the network can be believed; an IPv4 address is always written as one. */
export interface Peer {
  address: string;
  port: number;
  /** It has shown that it has the key of this one: over TLS, always. */
  certificate?: PeerCertificate;
}

export interface PeerCertificate {
  /** SHA-256 of its DER, in lower-case hexadecimal digits. */
  fingerprint: string;
  /** An authority of this port's vouches for it. */
  vouched: boolean;
  /** When it is no longer good, epoch milliseconds; a connection ends then. */
  expires: number;
  /** Whether it is this host's: by its alternative names, or where it has none by its common name. No wildcard counts. */
  isOf(host: string): boolean;
}

/** What arrived at a port of a door's own. */
export interface Arrival {
  /** Name of the port. */
  at: string;
  octets: Buffer;
  from: Peer;
  /** Sends an answer back the same way. Whether it gets there nobody is told. */
  answer(octets: Buffer): void;
  /** Whether this process has room for work that comes of it: otherwise that is not done. */
  hasRoom(): boolean;
  /** Ends the connection that it came by, if it came by one. */
  hangUp(): void;
}

/**
 * What an arrival comes to: work that is yet to be done, or nothing. Whoever carries it asks first whether this process
 * may answer at all, and bounds how much of it is under way.
 */
export type Work = () => Promise<void>;

/** Why a port itself ended a connection, or took none. */
export type Ending =
  /** There are too many already: of this address or application, or in all. */
  | 'too-many'
  /** No TLS came of it, in time or at all. */
  | 'no-tls'
  /** A message's octets came too slowly. */
  | 'slow'
  /** Octets that begin no message. */
  | 'broken'
  /** Its certificate is no longer good. */
  | 'expired';

/** A door's say on connections to a port of its own. */
export interface Gate {
  /** Whether anybody may come from this address: asked first, for no more is spent on others. */
  expects(address: string): boolean;
  /** The application whose connection it is; undefined ends it. What arrives is looked at by itself all the same. */
  admits(peer: Peer): string | undefined;
  /** `application`: whose it was, where that was known. */
  ended(why: Ending, address: string, application?: string): void;
}

/** `at`: epoch milliseconds; 0 where none ever did. */
export interface LastArrival {
  application: string;
  outcome: string;
  at: number;
}

/** Counts what a door does with what arrives at its own ports. */
export interface ArrivalMeter {
  /** `outcome`: one of a few words of the door's. `application`: whose it was, where that is known. */
  count(outcome: string, application?: string): void;
  /** From now on asked for when the last of each kind arrived, at any process and since whenever. */
  watch(last: () => Promise<readonly LastArrival[]>): void;
}
