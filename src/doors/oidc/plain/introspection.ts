import type { Client } from 'oidc-provider';
import type { Asked, PlainAddress, PlainAnswer } from '../../../core/plain.ts';
import { LONGEST } from '../parameters.ts';
import { ROUTES } from '../routes.ts';
import { authenticated } from './clients.ts';
import {
  answeredAs,
  type PlainParts,
  type PlainToken,
  plainClient,
  plainToken,
  restsOn,
  subjectFor,
} from './records.ts';

/** The token alone, opaque and so without anything to decode. */
const FORM = /^token=([\w-]{22,128})(?:&token_type_hint=access_token)?$/;
const answered = answeredAs('WWW-Authenticate');

/** OAuth 2.0 Token Introspection (RFC 7662). */
export function plainIntrospection(parts: PlainParts): PlainAddress {
  const { ports, settings } = parts;

  /** Whose the token is, or who stands for the resource that it is for. */
  const mayAsk = ({ clientId }: Client, { clientId: holder, aud }: PlainToken): boolean =>
    holder === clientId || (aud !== undefined && settings.resources[aud]?.introspectedBy.includes(clientId) === true);

  /** Everything of the account may have been ended since the grant began. */
  async function isEnded(account: string, generation: Promise<number | undefined>): Promise<boolean> {
    const [known, begun] = await Promise.all([ports.durable.accounts.byId(account), generation]);
    return begun !== undefined && known?.generation !== begun;
  }

  async function answer(asked: Asked, id: string): Promise<PlainAnswer | undefined> {
    const client = await authenticated(parts, asked);
    const token = client && (await plainToken(ports, id));
    if (client === undefined || token === undefined || !mayAsk(client, token)) return undefined;
    const holder = token.clientId === client.clientId ? client : await plainClient(parts, token.clientId);
    if (holder === undefined) return undefined;
    const found = restsOn(ports, token);
    const generation = found.then((it) => it?.generation);
    const [grant, ended] = await Promise.all([found, isEnded(token.accountId, generation)]);
    if (grant === undefined || ended) return undefined;
    const { clientId: client_id, exp, iat, sid, aud, scope, extra } = token;
    const sub = subjectFor(parts, token.accountId, holder);
    const said = { active: true, client_id, exp, iat, sid, iss: ports.issuer, aud, scope, token_type: 'Bearer' };
    // As it comes first, and whatever else the token carries.
    return answered(Object.assign({ active: true, sub }, extra, said));
  }

  return {
    path: ROUTES.introspection,
    method: 'POST',
    form: LONGEST,
    answer(asked, form) {
      const id = FORM.exec(form)?.[1];
      return id === undefined || asked.headers.accept?.includes('jwt') ? undefined : answer(asked, id);
    },
  };
}
