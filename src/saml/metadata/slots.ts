/** How many questions may be under way, and how many of them in a span of time. */
export interface SlotLimits {
  atOnce: number;
  /** Within `window`; absent: any number. */
  most?: number;
  /** Milliseconds. */
  window?: number;
}

/** Room for so many questions: whoever finds none is refused, nobody waits. */
export class Slots {
  readonly #limits: SlotLimits;
  readonly #now: () => number;
  #busy = 0;
  /** When those of the present window came. */
  #began = Number.NEGATIVE_INFINITY;
  #count = 0;

  constructor(limits: SlotLimits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
  }

  /** Does the work if there is room for it; undefined where there is none. */
  take<T>(work: () => Promise<T>): Promise<T> | undefined {
    const { atOnce, most = Number.POSITIVE_INFINITY, window = 0 } = this.#limits;
    if (this.#busy >= atOnce) return undefined;
    const now = this.#now();
    if (now - this.#began >= window || now < this.#began) {
      this.#began = now;
      this.#count = 0;
    }
    if (this.#count >= most) return undefined;
    this.#busy++;
    this.#count++;
    return work().finally(() => {
      this.#busy--;
    });
  }
}
