/** Commands (SMPP v3.4 section 5.1.2.1); an answer has the top bit set. */
export const COMMANDS = {
  bindTransmitter: 0x02,
  bindTransceiver: 0x09,
  submit: 0x04,
  deliver: 0x05,
  unbind: 0x06,
  enquireLink: 0x15,
} as const;
export const RESPONSE = 0x8000_0000;
export const GENERIC_NACK = 0x8000_0000;

/** Statuses (section 5.1.3) that are about the connection or the moment, not the message. */
export const OK = 0;
export const INVALID_COMMAND = 0x03;

const HEADER = 16;
/** Far more than anything that a message centre sends us. */
const LONGEST = 65_536;

/** A protocol data unit (section 3.2). */
export interface Pdu {
  command: number;
  status: number;
  sequence: number;
  body: Buffer;
}

export function encode({ command, status, sequence, body }: Pdu): Buffer {
  const header = Buffer.alloc(HEADER);
  header.writeUInt32BE(HEADER + body.length, 0);
  header.writeUInt32BE(command >>> 0, 4);
  header.writeUInt32BE(status, 8);
  header.writeUInt32BE(sequence, 12);
  return Buffer.concat([header, body]);
}

/** Cuts a stream into units. Throws where a length can't be one: what follows couldn't be told apart. */
export function createReader(): (chunk: Buffer) => Pdu[] {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const found: Pdu[] = [];
    while (rest.length >= 4) {
      const length = rest.readUInt32BE(0);
      if (length < HEADER || length > LONGEST) throw new RangeError(`a unit of ${length} octets`);
      if (rest.length < length) break;
      found.push({
        command: rest.readUInt32BE(4),
        status: rest.readUInt32BE(8),
        sequence: rest.readUInt32BE(12),
        body: rest.subarray(HEADER, length),
      });
      rest = rest.subarray(length);
    }
    return found;
  };
}

/** A C-octet string (section 3.1): ASCII, ended by a zero. */
export function text(value: string): Buffer {
  return Buffer.from(`${value}\0`, 'latin1');
}

/** The C-octet string at the beginning of a body. */
export function firstText(body: Buffer): string {
  const end = body.indexOf(0);
  return body.toString('latin1', 0, end === -1 ? body.length : end);
}

/** The addresses' kinds (sections 5.2.5 and 5.2.6). */
export interface Address {
  /** Type of number: 0 unknown, 1 international, 3 network specific, 5 alphanumeric. */
  ton: number;
  /** Numbering plan: 0 unknown, 1 E.164. */
  npi: number;
  address: string;
}

/** A bind's body (section 4.1). */
export function bindBody(login: { systemId: string; secret: string; systemType: string }): Buffer {
  const version = 0x34;
  const range = Buffer.from([version, 0, 0, 0]);
  return Buffer.concat([text(login.systemId), text(login.secret), text(login.systemType), range]);
}

export interface Part {
  /** Data coding (section 5.2.19): 0 the default alphabet, 8 UCS-2. */
  coding: number;
  /** With a user data header in front of it. */
  headed: boolean;
  octets: Buffer;
}

/** A submit_sm's body (section 4.4.1): no schedule, no receipt. `validity`: relative time (section 7.1.1), or empty. */
export function submitBody(from: Address, to: Address, part: Part, validity: string): Buffer {
  const addressed = ({ ton, npi, address }: Address) => Buffer.concat([Buffer.from([ton, npi]), text(address)]);
  const UDHI = 0x40;
  return Buffer.concat([
    text(''),
    addressed(from),
    addressed(to),
    Buffer.from([part.headed ? UDHI : 0, 0, 0]),
    text(''),
    text(validity),
    Buffer.from([0, 0, part.coding, 0, part.octets.length]),
    part.octets,
  ]);
}
