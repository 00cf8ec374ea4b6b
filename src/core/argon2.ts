/** What argon2id costs (RFC 9106). */
export interface Argon2Cost {
  /** KiB. */
  memory: number;
  passes: number;
  parallelism: number;
}

/** argon2id, as PHC strings. Whoever asks bounds how many are asked for at once. */
export interface Argon2 {
  hash(password: string, cost: Argon2Cost): Promise<string>;
  verify(phc: string, password: string): Promise<boolean>;
}
