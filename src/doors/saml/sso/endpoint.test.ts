import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SamlFault } from '../../../saml/errors.ts';
import { BINDINGS } from '../../../saml/model.ts';
import { serviceProvider } from '../../../saml/testing/parties.ts';
import { assertionConsumerService } from './endpoint.ts';

const FIRST = 'https://sp.example.org/first';
const SECOND = 'https://sp.example.org/second';
const THIRD = 'https://sp.example.org/third';

const provider = serviceProvider([], {
  assertionConsumerServices: [
    { index: 3, location: FIRST, isDefault: false },
    { index: 0, location: SECOND, isDefault: true },
    // An index that stands twice: the first one is meant.
    { index: 3, location: THIRD, isDefault: false },
  ],
});
const withoutDefault = serviceProvider([], {
  assertionConsumerServices: provider.assertionConsumerServices.map((it) => ({ ...it, isDefault: false })),
});

type Request = NonNullable<Parameters<typeof assertionConsumerService>[1]>;

describe('the address of an answer', () => {
  it.each<[string, Request | undefined, string]>([
    ['no request', undefined, SECOND],
    ['a request that names none', {}, SECOND],
    ['its URL', { assertionConsumerServiceUrl: THIRD }, THIRD],
    [
      'its URL and the binding that there is',
      { assertionConsumerServiceUrl: FIRST, protocolBinding: BINDINGS.post },
      FIRST,
    ],
    ['the binding alone', { protocolBinding: BINDINGS.post }, SECOND],
    ['an index', { assertionConsumerServiceIndex: 3 }, FIRST],
    ['index 0', { assertionConsumerServiceIndex: 0 }, SECOND],
  ])('by %s', (_how, request, expected) => {
    expect(assertionConsumerService(provider, request)).toBe(expected);
  });

  it('is the first where none is the default', () => {
    expect(assertionConsumerService(withoutDefault)).toBe(FIRST);
  });

  it.each<[string, Request]>([
    ['a URL of nobody', { assertionConsumerServiceUrl: 'https://evil.example/' }],
    ['no URL at all', { assertionConsumerServiceUrl: '' }],
    ['an index of nobody', { assertionConsumerServiceIndex: 1 }],
    ['no number', { assertionConsumerServiceIndex: Number.NaN }],
    ['index and URL', { assertionConsumerServiceIndex: 0, assertionConsumerServiceUrl: SECOND }],
    ['index and binding', { assertionConsumerServiceIndex: 0, protocolBinding: BINDINGS.post }],
    ['another binding', { protocolBinding: BINDINGS.redirect }],
    ['another binding with a right URL', { protocolBinding: BINDINGS.soap, assertionConsumerServiceUrl: FIRST }],
  ])('is refused for %s', (_what, request) => {
    expect(() => assertionConsumerService(provider, request)).toThrow(expect.objectContaining({ fault: 'endpoint' }));
  });

  it('is refused where the metadata has none', () => {
    const bare = serviceProvider([], { assertionConsumerServices: [] });
    expect(() => assertionConsumerService(bare)).toThrow(SamlFault);
    expect(() => assertionConsumerService(bare, { assertionConsumerServiceUrl: FIRST })).toThrow(SamlFault);
  });

  it('is one of the metadata’s, letter by letter, whatever is asked', () => {
    const near = fc
      .tuple(fc.constantFrom(FIRST, SECOND), fc.nat(30), fc.constantFrom('', '/', '#', '?', '@', '.', '%61', 'A', ' '))
      .map(([location, at, put]) => location.slice(0, at) + put + location.slice(at + (put === '' ? 1 : 0)));
    const request = fc.record(
      {
        assertionConsumerServiceUrl: fc.oneof(near, fc.string(), fc.constantFrom(FIRST, THIRD)),
        assertionConsumerServiceIndex: fc.oneof(fc.nat(5), fc.integer(), fc.constantFrom(3, 0)),
        protocolBinding: fc.oneof(fc.constantFrom(...Object.values(BINDINGS)), fc.string()),
      },
      { requiredKeys: [] },
    );
    const known = provider.assertionConsumerServices.map(({ location }) => location);
    fc.assert(
      fc.property(request, (asked) => {
        try {
          const found = assertionConsumerService(provider, asked);
          expect(known).toContain(found);
          expect(asked.assertionConsumerServiceUrl ?? found).toBe(found);
        } catch (error) {
          expect(error).toBeInstanceOf(SamlFault);
        }
      }),
      { numRuns: 300 },
    );
  });
});
