import type { Factor } from '../../core/factor.ts';
import { spanned } from './tracing.ts';

/** The same factor, each answer of which is looked at inside a span. */
export function traced(id: string, factor: Factor): Factor {
  const verify: Factor['verify'] = (...given) =>
    spanned('verify', { 'sallyport.factor': id }, () => factor.verify(...given));
  return { ...factor, verify };
}
