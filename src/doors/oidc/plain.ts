/** What could have a line look like several, be read in another order than it was written, or isn't seen at all. */
export const UNPLAIN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
