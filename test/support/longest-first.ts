import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * What takes longest, the longest first: begun last, it would be all that still runs. Of any three neighbours one
 * mostly waits, and leaves the processors to the others.
 */
export const LONGEST: readonly string[] = [
  'test/contracts/redis-alone.test.ts',
  'test/web/gallery.test.ts',
  'test/faults/redis.test.ts',
  'test/faults/stopping.test.ts',
  'test/flows/wishes.test.ts',
  'test/browser/journey.test.ts',
  'test/flows/reload-nodes.test.ts',
  'test/faults/killed-nodes.test.ts',
  'test/flows/workers.test.ts',
  'test/contracts/redis-failover.test.ts',
  'test/faults/failover.test.ts',
  'test/faults/postgres.test.ts',
  'test/attacks/ldap.test.ts',
  'test/flows/doctor.test.ts',
  'test/flows/two-nodes.test.ts',
  'test/browser/two-nodes.test.ts',
  'test/faults/slow-store.test.ts',
];
/** Then projects one after the other, so that those who share a process come together. */
const PROJECTS = ['apart', 'shared', 'units'];

/** In which order files begin. Within a project as vitest has them: by how long they last took, or by size. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId, project }: TestSpecification): number => {
      const listed = LONGEST.indexOf(relative(this.ctx.config.root, moduleId));
      return listed === -1 ? LONGEST.length + PROJECTS.indexOf(project.name) : listed;
    };
    return (await super.sort(files)).toSorted((one, other) => rank(one) - rank(other));
  }
}
