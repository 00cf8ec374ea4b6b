/** Kept waiting at most; where more come at once the process is behind, and must be seen to be. */
const MOST = 32;

/**
 * Begins one piece of work in each turn of the event loop: between two of them it looks at what has come in meanwhile.
 * Where stores answer at once a request is done in the turn in which it begins, and those of a crowd that came together
 * would all be done before anybody else's is so much as seen.
 */
export function oneByOne(most: number = MOST): (work: () => void) => void {
  const waiting: (() => void)[] = [];
  let begun = false;

  function next(): void {
    const work = waiting.shift();
    if (work === undefined) {
      begun = false;
      return;
    }
    setImmediate(next);
    work();
  }

  return (work) => {
    if (begun && waiting.length < most) {
      waiting.push(work);
      return;
    }
    if (!begun) {
      begun = true;
      setImmediate(next);
    }
    work();
  };
}
