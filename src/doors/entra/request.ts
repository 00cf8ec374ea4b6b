import { z } from 'zod';
import { parametersOf } from '../../core/parameters.ts';
import { redirectOf, type Tenant } from './settings.ts';

/** Values that Entra knows (external method provider reference); none of them is knowledge. */
export const METHODS = [
  ...['face', 'fido', 'fpt', 'hwk', 'iris', 'otp', 'pop', 'retina', 'sc', 'sms', 'swk', 'tel', 'vbm'],
] as const;

const asked = z.object({ essential: z.boolean().optional(), values: z.array(z.string().max(200)).max(50).optional() });
const claims = z.object({ id_token: z.object({ acr: asked.optional(), amr: asked.optional() }).optional() });

/** What Entra wants to know, before anything of it is believed. */
export interface EntraRequest {
  /** Both may be missing. */
  state?: string;
  nonce?: string;
  /** Classes and methods that are asked for; empty: any. */
  acr: readonly string[];
  amr: readonly string[];
}

/** Why a request isn't one: `fault` is for the log. */
export type ReadRequest = { hint: string; request: EntraRequest } | { fault: string };

/** Reads the form that Entra posts. What isn't understood is ignored, as its documentation wants. */
export function readRequest(body: string, { settings }: Tenant): ReadRequest {
  const all = parametersOf(body);
  const one = (name: string): string | undefined => {
    const value = all[name];
    return typeof value === 'string' ? value : undefined;
  };
  // Spelt `Id_token` as well.
  if (one('response_type')?.toLowerCase() !== 'id_token') return { fault: 'response_type' };
  if (one('response_mode') !== 'form_post') return { fault: 'response_mode' };
  if (!one('scope')?.split(' ').includes('openid')) return { fault: 'scope' };
  if (one('client_id') !== settings.clientId) return { fault: 'client_id' };
  if (one('redirect_uri') !== redirectOf(settings)) return { fault: 'redirect_uri' };
  const hint = one('id_token_hint');
  if (hint === undefined || hint === '') return { fault: 'id_token_hint' };
  const wanted = wantedOf(one('claims'));
  if (wanted === undefined) return { fault: 'claims' };
  const [state, nonce] = [one('state'), one('nonce')];
  return { hint, request: { ...(state ? { state } : {}), ...(nonce ? { nonce } : {}), ...wanted } };
}

function wantedOf(text: string | undefined): Pick<EntraRequest, 'acr' | 'amr'> | undefined {
  if (text === undefined || text === '') return { acr: [], amr: [] };
  try {
    const { id_token: { acr, amr } = {} } = claims.parse(JSON.parse(text));
    return { acr: acr?.values ?? [], amr: amr?.values ?? [] };
  } catch {
    return undefined;
  }
}
