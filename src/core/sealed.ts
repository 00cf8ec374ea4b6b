/**
 * Rows of a plug-in in the durable store that are, or hold, sealed values. They are declared, so that `sallyport keys
 * reseal` finds them: the store takes a sealed value in no other place, nor under another context.
 */
export interface SealedPlace {
  /** What lies there, for people: `hardware tokens`. */
  readonly what: string;
  readonly table: 'state' | 'records';
  readonly namespace: string;
  /** The context that the values of this row are sealed under; undefined where there are none. */
  contextOf(id: string, text: string): string | undefined;
  /** What doesn't open any more is fetched again by itself: nothing is lost with it. */
  readonly replaceable?: true;
}

/** In a namespace that is the plug-in's own. */
export type OwnSealedPlace = Omit<SealedPlace, 'namespace'>;
