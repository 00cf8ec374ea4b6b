import fc from 'fast-check';

/** The usual run tries the same examples each time, so that it fails for a change alone; the long one goes looking. */
if (process.env.TESTS !== 'long') fc.configureGlobal({ seed: 20_261_122 });
