/** What somebody who looked found, in words for operators, without secrets. */
export interface Finding {
  /** `fault`: it doesn't work, or soon won't. `notice`: probably not meant. */
  level: 'good' | 'notice' | 'fault';
  text: string;
  /** What to do about it, in one sentence. */
  todo?: string;
}

/** What a plug-in looks at its surroundings with. Nothing is changed, sent or kept by it, and 5 s are all that it gets. */
export interface ExaminePorts {
  /** Epoch milliseconds. */
  now(): number;
  issuer: string;
  /** Guarded: public addresses and allowed private ones only, no redirects. */
  fetch(url: string | URL, init?: RequestInit): Promise<globalThis.Response>;
  /** Whether a connection to there can be made. @throws Error saying why not */
  connect(host: string, port: number): Promise<void>;
  /** What the certificate of a server says: whether it is trusted, and until when it is good. */
  certificate(server: TlsServer): Promise<Finding>;
}

/** A server that speaks TLS. */
export interface TlsServer {
  host: string;
  port: number;
  /** By default the host. */
  serverName?: string | undefined;
  /** PEM; by default the public authorities. */
  ca?: string | undefined;
  /** What is sent in the clear before, where the protocol asks for TLS so; the answer is passed over. */
  prelude?: Uint8Array;
}

/** A plug-in's own checks, for `sallyport doctor`: of what its settings name, outside of this process. */
export type Examine<S> = (settings: S, ports: ExaminePorts) => Promise<readonly Finding[]>;
