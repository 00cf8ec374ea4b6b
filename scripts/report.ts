/** What this command reads of vitest's JSON report. */
export interface Report {
  numPassedTests: number;
  numFailedTests: number;
  testResults: readonly {
    name: string;
    status: string;
    assertionResults: readonly { fullName: string; status: string; meta?: { reason?: string } }[];
  }[];
}

declare module 'vitest' {
  interface TaskMeta {
    /** Why the test is skipped: without one, a skip fails the run. */
    reason?: string;
  }
}

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

export interface Summary extends Counts {
  ok: boolean;
  /** Lines about what was skipped and what went wrong outside any test. */
  remarks: string[];
}

/**
 * Counts a run. A file that failed without a failed test (it didn't load), and a run that failed for
 * a reason of its own (an unhandled error, no report), count as one failure each, so that the counts
 * never look better than the run.
 */
export function summarize(report: Report | undefined, exitCode: number): Summary {
  const results = report?.testResults ?? [];
  const broken = results.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((assertion) => assertion.status === 'failed'),
  );
  const skips = results.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status }) => status !== 'passed' && status !== 'failed')
      .map(({ fullName, meta }) => ({ test: `${name}: ${fullName}`, reason: meta?.reason })),
  );
  const passed = report?.numPassedTests ?? 0;
  const counted = (report?.numFailedTests ?? 0) + broken.length;
  const outside = exitCode !== 0 && counted === 0 ? 1 : 0;
  const failed = counted + outside;
  return {
    passed,
    failed,
    skipped: skips.length,
    ok: exitCode === 0 && failed === 0 && passed > 0 && skips.every(({ reason }) => reason),
    remarks: [
      ...skips.map(({ test, reason }) => `skipped: ${test}: ${reason ?? 'NO REASON GIVEN'}`),
      ...broken.map(({ name }) => `failed outside any test: ${name}`),
      ...(outside ? ['failed: an error outside any test file, see above'] : []),
      ...(report && passed === 0 ? ['no test passed'] : []),
    ],
  };
}

/** The line that ends every run. */
export function countsLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
