/** Whether there is room for what is new. What is under way goes on, and no check is left out. */
export interface Load {
  /**
   * Asked where a sign-in begins, before anything is kept for it.
   *
   * @throws OverloadedError while the process is behind with what it has
   */
  begin(): void;
}

/** Work that waits its turn, as whoever measures it is told of it. Milliseconds. */
export interface WorkMeter {
  /** The queue from now on, in the place of the one before. */
  watch(queue: { waiting(): number; running(): number }): void;
  /** It has waited so long, and then taken so long. */
  ended(waited: number, took: number): void;
  /** It wasn't done: as many wait as may, or it had waited as long as it may. */
  refused(why: 'full' | 'waited'): void;
}
