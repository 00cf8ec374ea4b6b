/** A primary and its replicas, as it tells of them. */
export interface Sight {
  /** Of its data: the replication id. */
  history: string;
  /** Replicas that are up to date; one that is being filled can't be promoted. */
  online: ReadonlySet<string>;
  /** How often one has begun to copy: none is online again without another one of these. */
  syncs: string;
}

/** Of `INFO replication stats`. */
export function sightOf(info: string): Sight {
  const online = info.matchAll(/^slave[0-9]+:ip=([^,]*),port=([0-9]+),.*\bstate=online\b/gm);
  const syncs = info.matchAll(/^sync_(?:full|partial_ok):[0-9]+/gm);
  return {
    history: historyIn(info),
    online: new Set([...online].map(([, ip, port]) => `${ip}:${port}`)),
    syncs: [...syncs].map(([line]) => line).join(),
  };
}

export const historyIn = (info: string): string => /^master_replid:([0-9a-f]+)/m.exec(info)?.[1] ?? '';

/** Whether some replica has been there from one look to the other. */
export function isSteady(before: Sight, after: Sight): boolean {
  return before.syncs === after.syncs && [...after.online].some((replica) => before.online.has(replica));
}
