import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { openDurable } from '../../../test/support/durable.ts';
import { createSealer } from '../../core/seal.ts';
import { createCopies } from './copies.ts';
import { createEntityCopies, sealedCopies } from './entity-copies.ts';

const ENTITY = 'https://sp.example.org/';
const sealer = createSealer(new Uint8Array(32).fill(7));
const copy = { bytes: Buffer.from('<EntityDescriptor/>'), count: 1, digest: 'digest' };

it('are read where they were bound to the whole name, and none where they don’t open', async () => {
  const { durable } = await openDurable();
  const copies = createEntityCopies({ durable, sealer }, 'federation', 'origin');
  await copies.write(ENTITY, copy);
  expect(await copies.read(ENTITY)).toMatchObject({ digest: 'digest' });

  const records = durable.records('saml-metadata');
  const id = `federation:e:${createHash('sha256').update(ENTITY).digest('hex')}`;
  const plain = sealer.open((await records.get(id))?.data ?? '', `saml-metadata ${id}`);
  await records.update(id, 1, sealer.seal(plain, `saml-metadata federation ${ENTITY}`));
  expect(await copies.read(ENTITY)).toMatchObject({ digest: 'digest' });

  await records.update(id, 2, createSealer(new Uint8Array(32)).seal(plain, `saml-metadata ${id}`));
  expect(await copies.read(ENTITY)).toBeUndefined();
});

it('are kept apart by a speaker with a namespace of its own, and declared where they lie', async () => {
  const { durable } = await openDurable();
  const [ours, theirs] = [undefined, 'upstream'].map((namespace) => {
    const ports = { durable, sealer, ...(namespace !== undefined && { namespace }) };
    return { one: createEntityCopies(ports, 'same', 'origin'), all: createCopies(ports, 'same', 'origin') };
  });
  await theirs?.one.write(ENTITY, copy);
  await theirs?.all.write({ digest: 'all', count: 1, fetchedAt: 1, checkedAt: 1 }, Buffer.from('all'));
  expect(await ours?.one.read(ENTITY)).toBeUndefined();
  expect(await ours?.all.look()).toBeUndefined();
  expect(await theirs?.one.read(ENTITY)).toMatchObject({ digest: 'digest' });

  const [header, entities] = sealedCopies('upstream');
  const kept = await durable.state('upstream').get('same');
  expect(sealer.open(kept?.value ?? '', header?.contextOf('same', '') ?? '')).toContain('"digest":"all"');
  const id = `same:e:${createHash('sha256').update(ENTITY).digest('hex')}`;
  const record = await durable.records('upstream').get(id);
  expect(sealer.open(record?.data ?? '', entities?.contextOf(id, '') ?? '')).toContain('"digest":"digest"');
});
