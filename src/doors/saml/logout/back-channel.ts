import type { EndedSession } from '../../../core/door.ts';
import { requestEndpoint, soapEndpoint } from './endpoints.ts';
import { type Addressee, addressee, isSuccess, isUnknown, type LogoutDeps, requestFor } from './ports.ts';

/** For one answer, the connection included. Milliseconds. */
const PATIENCE = 5_000;
const LARGEST_ANSWER = 256 * 1024;
/** saml-bindings section 3.2.3.1. */
const HEADERS = {
  'content-type': 'text/xml; charset=utf-8',
  soapaction: '"http://www.oasis-open.org/committees/security"',
};

/** Applications that don't know that the session is over, by what can still be done about it. */
export interface Left {
  unreached: string[];
  byBrowser: string[];
}

/**
 * Tells service providers from server to server (saml-profiles section 4.4.3, SOAP), side by side. Those that
 * have no endpoint for it, or don't answer there, are left to a browser where they have one for that.
 */
export async function signOut(deps: LogoutDeps, { account, applications }: EndedSession): Promise<Left> {
  const { audit, log } = deps.ports;
  const left: Left = { unreached: [], byBrowser: [] };
  const tell = async ([application, index]: [string, string]) => {
    const fate = await tellOne(deps, application, index).catch((err: unknown) => {
      log.warn({ err, application }, 'could not be told of a logout');
      return 'unreached' as const;
    });
    if (fate === 'nothing') return;
    if (fate === 'byBrowser') return left.byBrowser.push(application);
    if (fate === 'unreached') left.unreached.push(application);
    audit.note({ event: fate === 'told' ? 'logout.application' : 'logout.unreached', account, application });
  };
  await Promise.all([...applications].map(tell));
  return left;
}

type Fate = 'told' | 'nothing' | keyof Left;

async function tellOne(deps: LogoutDeps, application: string, index: string): Promise<Fate> {
  // It was refused (InvalidNameIDPolicy, say) once the session had it: it doesn't know the person.
  if ((await deps.participants.nameIdsOf(index)).length === 0) return 'nothing';
  const to = await addressee(deps, application, index);
  if (to === undefined) return 'unreached';
  const location = soapEndpoint(to.party.provider);
  if (location !== undefined) {
    try {
      await askAll(deps, to, index, location);
      return 'told';
    } catch (err) {
      deps.ports.log.warn({ err, application, location }, 'logout over SOAP failed');
    }
  }
  return requestEndpoint(to.party.provider) ? 'byBrowser' : 'unreached';
}

/** Throws unless it signed the person out under one of the names, and knows none of the others, or no more. */
async function askAll(deps: LogoutDeps, { party, nameIds }: Addressee, index: string, location: string): Promise<void> {
  const told: boolean[] = [];
  for (const nameId of nameIds) told.push(await ask(deps, { party, nameId }, index, location));
  if (!told.includes(true)) throw new Error('answered that it knows nobody of this name');
}

/**
 * Whether the service provider itself says, to this very request, that it signed the person out; false where it knows
 * nobody of this name. Throws for anything else.
 */
async function ask(
  deps: LogoutDeps,
  to: Parameters<typeof requestFor>[1],
  index: string,
  location: string,
): Promise<boolean> {
  const { ports, gate, paths } = deps;
  const outgoing = await requestFor(deps, to, index, { binding: 'soap', location });
  if (outgoing.binding !== 'soap') throw new TypeError(`written for ${outgoing.binding}`);
  const signal = AbortSignal.timeout(PATIENCE);
  const response = await ports.fetch(location, { method: 'POST', headers: HEADERS, body: outgoing.xml, signal });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`answered ${response.status}`);
  }
  const { message, party } = await gate.receive({
    binding: 'soap',
    kinds: ['LogoutResponse'],
    endpoint: `${ports.issuer}${paths.slo}`,
    body: await textOf(response),
  });
  if (message.kind !== 'LogoutResponse' || party.application !== to.party.application) {
    throw new Error(`${message.issuer} answered in its place`);
  }
  if (message.inResponseTo !== outgoing.id) throw new Error('answered another request');
  if (isUnknown(message.status)) return false;
  if (!isSuccess(message.status)) throw new Error(`answered ${message.status.join(', ').slice(0, 200)}`);
  return true;
}

/** Stops at the bound: how much comes is the other side's choice. */
async function textOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > LARGEST_ANSWER) throw new Error(`answered more than ${LARGEST_ANSWER} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
