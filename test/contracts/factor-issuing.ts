import { expect, it } from 'vitest';
import type { FactorModule } from '../../src/core/factor.ts';
import type { IssueService, Powers } from '../../src/core/factor-powers.ts';
import type { Answer } from '../../src/core/prompt.ts';
import type { LocaleFolder } from '../../src/web/i18n.ts';
import type { FactorContract } from './factor-contract.ts';
import { expectTexts, kept, needed } from './factor-steps.ts';

interface About {
  module: FactorModule;
  open: FactorContract['open'];
  folders: readonly LocaleFolder[];
}

/** What a factor owes that issues codes. */
export function asksIssue({ module, open, folders }: About): void {
  const services = ({ selfService, operatorService }: NonNullable<Powers['issues']>) =>
    [
      ['owner', selfService],
      ['operator', operatorService],
    ] as const;

  it('issues: shows codes that it keeps as hashes alone, and other ones each time', async () => {
    const it = await open();
    const shown = new Set<string>();
    let count = 0;
    for (const [by, service] of services(needed(it.factor.issues))) {
      for (const chosen of service ? choices(service) : []) {
        const issued = await needed(it.factor.issues).issue(it.account, [], { by, ...chosen });
        expect(issued.shown.codes).not.toEqual([]);
        expectTexts(module, folders, issued.shown);
        const stored = JSON.stringify(module.credential.parse(kept(issued.data))).toLowerCase();
        for (const code of issued.shown.codes.map((one) => one.toLowerCase())) {
          for (const form of [code, code.replace(/[^a-z0-9]/g, '')]) expect(stored).not.toContain(form);
          shown.add(code);
          count += 1;
        }
      }
    }
    expect(count).toBeGreaterThan(0);
    expect(shown.size).toBe(count);
  });

  it('issues: names each choice in all languages', async () => {
    const it = await open();
    for (const [, service] of services(needed(it.factor.issues))) {
      for (const { name, options } of service?.choices ?? []) {
        expectTexts(module, folders, [{ key: `issue.${name}` }, ...options.map(({ label }) => label)]);
      }
    }
    if (it.factor.issues?.selfService) {
      expectTexts(module, folders, [{ key: 'issue.title' }, { key: 'issue.text' }, { key: 'issue.action' }]);
    }
  });
}

/** Of each choice each option, with the first of the others. */
function choices({ choices }: IssueService): Answer[] {
  const usual = Object.fromEntries(choices.map(({ name, options: [first] }) => [name, first?.value ?? '']));
  return [{}, ...choices.flatMap(({ name, options }) => options.map(({ value }) => ({ ...usual, [name]: value })))];
}
