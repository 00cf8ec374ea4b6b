/** What the tests use of the library, which brings no types. */
declare module 'smpp' {
  import type { Server } from 'node:net';

  export interface Received {
    command: string;
    system_id: string;
    password: string;
    source_addr_ton: number;
    source_addr_npi: number;
    source_addr: string;
    dest_addr_ton: number;
    destination_addr: string;
    data_coding: number;
    validity_period: unknown;
    short_message: { message: string; udh?: Buffer[] };
    response(fields?: Record<string, unknown>): object;
  }

  export interface Session {
    send(pdu: object): boolean;
    on(event: 'error', heard: (error: Error) => void): this;
    on(event: 'deliver_sm_resp' | 'enquire_link_resp', heard: () => void): this;
    on(event: 'pdu', heard: (pdu: Received) => void): this;
    enquire_link(): void;
    deliver_sm(fields: Record<string, unknown>): void;
    destroy(): void;
  }

  interface Library {
    createServer(options: { key?: string; cert?: string }, listener: (session: Session) => void): Server;
    ESME_RBINDFAIL: number;
    ESME_RINVPASWD: number;
    ESME_RTHROTTLED: number;
  }

  const library: Library;
  export default library;
}
