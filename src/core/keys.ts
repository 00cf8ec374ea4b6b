/**
 * A key of the ephemeral store, by what it is and whose. What has the same id lies together in a cluster, by its hash
 * tag (Redis cluster specification, "Hash tags"): a sign-in, the session that it leads to, a code and the mark of its
 * use. So each fails over as one, and is refused as one where a primary is away.
 *
 * `id` has no braces; what opens doors is hashed first.
 */
export const taggedKey = (kind: string, id: string): string => `${kind}:{${id}}`;

/** What the core's sessions and remembered devices are kept as: of each there is one key of its kind. */
export const SESSION = 'oidc:session';
export const DEVICE = 'device';
