/** Those who ask while a round runs share the next one: the present one began before their write. */
export function createRound<T>(run: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  let next: Promise<T> | undefined;
  function start(): Promise<T> {
    next = undefined;
    const round = run();
    const settled = round.finally(() => {
      if (running === settled) running = undefined;
    });
    running = settled;
    return settled;
  }
  return () => {
    if (running === undefined) return start();
    next ??= running.then(start, start);
    return next;
  };
}
