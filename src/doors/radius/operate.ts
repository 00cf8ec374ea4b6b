import type { CommandInput, CommandResult } from '../../core/directory.ts';
import type { Door } from '../../core/door.ts';
import { CODE, TYPE } from './codec/numbers.ts';
import { type Attribute, type Packet, valueIn, valuesIn, vendorOf } from './codec/packet.ts';
import type { Outcome, Trial, Trials } from './trial.ts';

/** The door as its command knows it. */
export interface RadiusDoor extends Door {
  readonly attempt: Trials;
  /** A row of cells for each client, heads first. */
  clients(): Promise<readonly (readonly string[])[]>;
}

function own(door: Door): RadiusDoor {
  if (!('attempt' in door)) throw new TypeError('its command needs the RADIUS door');
  return door as RadiusDoor;
}

/** Who sends what, as far as any node has seen. */
export async function listClients(door: Door): Promise<CommandResult> {
  return { lines: (await own(door).clients()).map((cells) => cells.join('\t')), exitCode: 0 };
}

/** Octets of the longest User-Password. */
const LONGEST = 128;

/** What a client's request would be answered, step by step. */
export async function tryOut(door: Door, { args, options, stdin = '' }: CommandInput): Promise<CommandResult> {
  const [application = '', userName = ''] = args;
  const [typed = ''] = stdin.split(/\r?\n/, 1);
  if (Buffer.byteLength(typed) > LONGEST) return no(`No client can send more than ${LONGEST} octets.`);
  const given = (name: string) => (typeof options[name] === 'string' ? { [name]: options[name] } : {});
  const trial: Trial = { application, userName, typed, ...given('state'), ...given('address'), ...given('station') };
  return explained(trial, await own(door).attempt(trial));
}

const no = (...lines: string[]): CommandResult => ({ lines, exitCode: 1 });

function explained(trial: Trial, outcome: Outcome): CommandResult {
  const { application } = trial;
  switch (outcome.kind) {
    case 'nobody':
      return no(`No application ${application} uses RADIUS.`);
    case 'another':
      return no(
        outcome.application === undefined
          ? `${outcome.address} is nobody’s: packets from there are dropped. Add it to applications.${application}.radius.clients.`
          : `${outcome.address} is a client of ${outcome.application}, not of ${application}.`,
      );
    case 'dropped':
      return no('It was dropped without an answer; the log says why, once a minute for each client and reason.');
    case 'answered': {
      const { packet, address } = outcome;
      const asked = `Asked as ${address} would: PAP, with Message-Authenticator.`;
      const lines = [asked, `Answered: ${NAMES[packet.code] ?? packet.code}`, ...shown(packet), ...next(trial, packet)];
      return { lines, exitCode: packet.code === CODE.accessReject ? 1 : 0 };
    }
  }
}

const NAMES: Readonly<Record<number, string>> = {
  [CODE.accessAccept]: 'Access-Accept',
  [CODE.accessReject]: 'Access-Reject',
  [CODE.accessChallenge]: 'Access-Challenge',
};

/** What the person reads, and what the client is told. */
function shown(packet: Packet): string[] {
  const texts = valuesIn(packet, TYPE.replyMessage).map((value) => `Shown to the person: ${value.toString('utf8')}`);
  const timeout = valueIn(packet, TYPE.sessionTimeout);
  const seconds = timeout ? [`Session-Timeout: ${timeout.readUInt32BE()} s`] : [];
  return [...texts, ...seconds, ...packet.attributes.flatMap(told)];
}

/** An attribute by which groups are told. */
function told({ type, value }: Attribute): string[] {
  if (type === TYPE.class) return [`Class: ${value.toString('utf8')}`];
  if (type === TYPE.filterId) return [`Filter-Id: ${value.toString('utf8')}`];
  if (type !== TYPE.vendorSpecific) return [];
  return [`Vendor ${vendorOf(value)}, attribute ${value[4]}: ${value.subarray(6).toString('utf8')}`];
}

function next({ application, userName, station }: Trial, packet: Packet): string[] {
  const state = valueIn(packet, TYPE.state)?.toString('latin1');
  if (packet.code !== CODE.accessChallenge || state === undefined) return [];
  const from = station === undefined ? '' : ` --station ${station}`;
  return [`Go on with what answers it: sallyport radius test ${application} ${userName} --state ${state}${from}`];
}
