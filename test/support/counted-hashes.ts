import type { hashing as Hashing } from '../../src/boot/hashing/index.ts';

/** In the place of the module that hashes: the same, each use of which is counted. */
export async function countedHashes(
  counted: { count: number },
  original: () => Promise<{ hashing: typeof Hashing }>,
): Promise<{ hashing: typeof Hashing }> {
  const { hashing, ...rest } = await original();
  const hash: typeof hashing.hash = (...given) => {
    counted.count += 1;
    return hashing.hash(...given);
  };
  const verify: typeof hashing.verify = (...given) => {
    counted.count += 1;
    return hashing.verify(...given);
  };
  return { ...rest, hashing: { hash, verify } };
}
