import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../core/errors.ts';
import { type Config, loadConfig } from '../config.ts';
import { configText, folderWith } from '../testing/folder.ts';
import { testModules } from '../testing/modules.ts';

type Sections = Record<string, unknown>;
const NOW = Date.parse('2027-01-01T00:00:00Z');

function load(sections: Sections): Config {
  const folder = folderWith({ 'sallyport.yaml': configText(sections) });
  return loadConfig(join(folder, 'sallyport.yaml'), testModules, {}, NOW);
}

/** Paths and messages of the faults, in order of path. */
function faults(sections: Sections): [string, string][] {
  try {
    load(sections);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const found = error.faults.map(({ path, message }): [string, string] => [path, message]);
    return found.sort(([a], [b]) => (a < b ? -1 : 1));
  }
}

const paths = (sections: Sections) => faults(sections).map(([path]) => path);

describe('the help desk', () => {
  const agents = [{ name: 'desk', groups: ['helpdesk'], over: { groups: ['students'] }, may: ['view', 'issue'] }];
  const checklist = ['A photo card'];
  const resisting = { factors: { chip: {}, whistle: {} } };

  it('is absent unless it is configured, and names what is wrong', () => {
    expect(load(resisting).helpDesk).toBeUndefined();
    expect(load({ ...resisting, helpDesk: { agents, checklist } }).helpDesk).toMatchObject({
      overEquals: false,
      agents: [{ name: 'desk', may: ['view', 'issue'] }],
    });
    const [agent] = agents;
    const wrong = {
      agents: [
        { ...agent, may: ['everything'] },
        { ...agent, over: { groups: [] } },
        { ...agent, groups: [], x: 1 },
      ],
      checklist: [],
    };
    expect(faults({ ...resisting, helpDesk: wrong })).toEqual([
      [
        'helpDesk.agents[0].may[0]',
        'must be one of: view, issue, remove, unlock, end-sessions, assign, reports, totals',
      ],
      ['helpDesk.agents[1].name', 'is the same as of helpDesk.agents[0]: choose another'],
      ['helpDesk.agents[1].over.groups', 'is empty: name at least one group'],
      ['helpDesk.agents[2].groups', 'is empty: name at least one group'],
      ['helpDesk.agents[2].name', 'is the same as of helpDesk.agents[0]: choose another'],
      ['helpDesk.agents[2].x', expect.stringContaining('is unknown')],
      ['helpDesk.checklist', 'is empty: nobody’s identity would be checked'],
    ]);
  });

  it('needs a factor that resists phishing, and texts for the default language', () => {
    expect(faults({ factors: { chip: {} }, helpDesk: { agents, checklist: [{ 'zh-Hant': '學生證' }] } })).toEqual([
      ['helpDesk', 'is opened by a factor alone that resists phishing: add one of factors.whistle'],
      ['helpDesk.checklist[0]', 'lacks the text for en, the defaultLocale'],
    ]);
  });

  it('lets programs in that have names and secrets of their own', () => {
    const client = { name: 'scripts', secret: 's'.repeat(32), over: { groups: ['students'] }, may: ['issue'] };
    expect(load({ api: { clients: [client] } }).api).toMatchObject({ budget: { calls: 60, per: 60_000 } });
    const clients = [client, client, { ...client, name: 'Other One', secret: 'short' }];
    expect(paths({ api: { clients } })).toEqual([
      'api.clients[1].name',
      'api.clients[1].secret',
      'api.clients[2].name',
      'api.clients[2].secret',
    ]);
  });
});
