/**
 * A mark that proofs have been adopted lives half an hour in a gateway, milliseconds. Here it is to be gone when what
 * stays is counted.
 */
export const MARK = 2_000;
