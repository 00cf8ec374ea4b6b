import { atMost, openerOf } from '../accounts/strength.ts';
import type { Account, Credential } from '../core/account.ts';
import { configuredId } from '../core/application.ts';
import { type Level, levelOf, type Proof, reaches } from '../core/assurance.ts';
import { isUpstream } from '../core/said.ts';
import type { EvaluationInput } from '../core/sign-in.ts';
import type { AssuranceNeeds } from './needs.ts';
import { isPresentable } from './presentable.ts';
import { createUpstreams } from './upstreams.ts';

type Presents = EvaluationInput['presents'];

/** What the best of them makes by itself. */
const best = (proofs: readonly Proof[]): Level | undefined =>
  proofs
    .map((proof) => levelOf([proof]))
    .reduce((most, level) => (level && !reaches(most, level) ? level : most), undefined);

/** What credentials can do, as their factors say: what they could prove at most, and what they count as. */
export function createCapabilities({ factors, directories }: Pick<AssuranceNeeds, 'factors' | 'directories'>) {
  const upstreams = createUpstreams({ directories });

  /** What a person could show at most, with a first factor and these credentials, as far as policy and door let them. */
  function reachable(
    working: readonly Credential[],
    allowed: readonly string[] | undefined,
    presents: Presents,
    account?: Account,
    alone?: true,
  ): Level | undefined {
    const first = alone ? undefined : openerOf(factors);
    const usable = working.filter(({ factor }) => allowed === undefined || allowed.includes(factor));
    const proofs = usable.flatMap((credential) => {
      const it = factors.get(credential.factor);
      return it && isPresentable(it, presents) ? [atMost(it, credential)] : [];
    });
    if (alone) return best(proofs);
    const elsewhere = account ? upstreams.within(account, working, allowed, presents) : [];
    return levelOf([...(first ? [atMost(first)] : []), ...proofs, ...elsewhere]);
  }

  /** What anybody could show at most, with every factor that policy lets in and the door can ask by. */
  function offered(allowed: readonly string[] | undefined, presents: Presents, alone?: true): Level | undefined {
    const first = openerOf(factors);
    const second = [...factors].filter(
      ([id, it]) => (allowed === undefined || allowed.includes(id)) && isPresentable(it, presents),
    );
    if (alone) return best(second.map(([, it]) => atMost(it)));
    const elsewhere = upstreams.within(undefined, [], allowed, presents);
    return levelOf([...(first ? [atMost(first)] : []), ...second.map(([, it]) => atMost(it)), ...elsewhere]);
  }

  /** Whether a credential brings a second kind. */
  function isSecond({ factor }: Credential): boolean {
    return factors.get(factor)?.module.kinds.some((kind) => kind !== 'knowledge') ?? false;
  }

  /** Whether its factor would take anything of a credential. */
  function proves(credential: Credential): boolean {
    if (isUpstream(credential)) return upstreams.leads(credential);
    const it = factors.get(credential.factor);
    return it !== undefined && atMost(it, credential).kinds.length > 0;
  }

  /** Whether a credential can prove anything: one that is suspended can't, whoever suspended it. */
  const works = (credential: Credential): boolean => credential.suspendedAt === undefined && proves(credential);

  const standingOf = ({ factor }: Credential) => factors.get(factor)?.module.standing;

  /** Whether a credential is a method of one's own that brings a second kind: not lent, and not running out. */
  const isOwn = (credential: Credential): boolean => isSecond(credential) && standingOf(credential) === undefined;

  /**
   * Whether there is a second step to be asked for. A pass that can't be used any more, or not yet, is none. What a
   * report suspended counts as had: it must not make room for a first method of whoever knows the password.
   */
  function isEnrolled(account: Account | undefined, all: readonly Credential[]): boolean {
    return all.some((credential) => {
      if (!isSecond(credential)) return false;
      if (standingOf(credential) !== 'bootstrap') return true;
      const factor = factors.get(credential.factor)?.factor;
      return account !== undefined && proves(credential) && factor?.usable(account, [credential]) === true;
    });
  }

  /**
   * Methods that can say of a suspended one that it is the owner's, or that it isn't: they were there before it, so
   * that whoever added it can't have added them.
   */
  function elders(all: readonly Credential[], { createdAt }: Credential): Credential[] {
    return all.filter(
      (one) => one.createdAt < createdAt && isSecond(one) && standingOf(one) !== 'bootstrap' && works(one),
    );
  }

  /** What an earlier proof is worth to this application, now: its factor may refuse it, or trust it less. */
  function reviewer(account: Account, working: readonly Credential[], { application }: { application: string }) {
    const believed = upstreams.believed(account, working);
    return <P extends Proof>(proof: P): P[] => {
      if (proof.said !== undefined) return believed(proof);
      const credential = working.find(({ id }) => id === proof.credential);
      const verdict =
        credential &&
        factors
          .get(proof.factor)
          ?.factor.reviews?.review(credential, account, { application: configuredId(application) });
      if (verdict === 'refused') return [];
      return [verdict === 'unattested' ? { ...proof, attested: false } : proof];
    };
  }

  const { there, hearOut, housesOf, housesAble } = upstreams;
  return {
    reachable,
    offered,
    standingOf,
    isSecond,
    isOwn,
    isEnrolled,
    works,
    elders,
    reviewer,
    there,
    hearOut,
    housesOf,
    housesAble,
  };
}

export type Capabilities = ReturnType<typeof createCapabilities>;
