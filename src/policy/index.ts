/**
 * What is required of whom, and whether what is held is enough: facts in, requirement and reasons out. It needs nothing
 * but the facts that it is asked with, and does nothing.
 */
export { type AssessInput, type Assessment, assess } from './assess.ts';
export { datesOf, type Ending, endingOf, gapsOf, type Later, outlook } from './calendar.ts';
export { type CampaignLetter, isAbout, isRunning, isThrough, letterDue } from './campaigns.ts';
export { type Comparison, createComparison, type Side } from './compare.ts';
export { SKEW, stillCounting } from './counting.ts';
export { decide } from './decide.ts';
export { explain } from './explain.ts';
export { matches, standing } from './match.ts';
export { budgetKey, type Network, networkLookup, networksOf } from './networks.ts';
export { factorsAt, factorsEver } from './periods.ts';
export { missingFor, opensAccount, type ResetDemand, type Shown, type SingleWay } from './reset.ts';
export { longestWithout } from './without-directory.ts';
export { durationWords } from './words.ts';
