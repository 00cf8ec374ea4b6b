import type { Refused } from '../../core/challenge.ts';
import type { Judgement } from './judge.ts';
import en from './locales/en.json' with { type: 'json' };
import { commonName } from './models.ts';
import type { ModelName, Trust } from './trust.ts';

/** What a person is told; the reason says more, for audit and help desk. */
type Told = 'expired' | 'failed' | 'full' | 'not-verified' | 'registered' | 'suspended' | 'unknown';

/** A new try needs a new challenge: what was answered once isn't answered again. */
export function refuse(told: Told, reason: string = told): Refused {
  return { outcome: 'refused', message: { key: told }, reason, final: true };
}

/** Names of a model, as the metadata or else everybody calls it; undefined where nobody knows it. */
export function modelName(trust: Trust, name: ModelName): string | undefined {
  return trust.model(name)?.description ?? commonName(name.aaguid);
}

function objectionKey(objection: string): string {
  // A level is the model's like its status: the person needs another one.
  return objection === 'level' ? 'status' : objection;
}

/** Says which model it is, which ones are accepted and where to ask for another, as far as the profile tells. */
export function refuseModel(
  trust: Trust,
  name: ModelName,
  judgement: Extract<Judgement, { accepted: false }>,
): Refused {
  const { objection, profile, detail } = judgement;
  const { allow, refuse: refused } = profile.aaguids;
  const accepted = allow
    .filter((aaguid) => !refused.includes(aaguid))
    .flatMap((aaguid) => modelName(trust, { aaguid }) ?? []);
  const link = profile.requestUrl;
  const parts = [...(accepted.length > 0 ? ['accepted'] : []), ...(link === undefined ? [] : ['link'])];
  const least = profile.minimumFirmware[name.aaguid];
  return {
    outcome: 'refused',
    message: {
      key: ['refused', objectionKey(objection), ...parts].join('.'),
      values: {
        // Where nobody knows the model, what all such things are called: an AAGUID is for the reason, not for people.
        name: modelName(trust, name) ?? en['this.method'],
        accepted: [...new Set(accepted)].join(', '),
        link: link ?? '',
        firmware: least ?? '',
      },
    },
    reason: detail,
    final: true,
  };
}
