import type { Application, Applications, InternalApplication } from '../core/application.ts';
import { INTERNAL_APPLICATIONS } from '../core/application.ts';
import type { Config } from './config.ts';

/** Members that stay known after they were asked for; a federation has thousands that never come. */
const REMEMBERED = 1000;

type Source = (id: string) => Promise<Application | undefined>;

/** What is configured, the gateway's own pages, and whatever the doors bring when it is asked for. */
export class Registry extends Map<string, Application> implements Applications {
  readonly #found = new Map<string, Application>();
  readonly #sources = new Map<string, Source>();

  /** `door`: whose applications it knows more of, or knows alone. */
  addSource(door: string, source: Source): void {
    this.#sources.set(door, source);
  }

  override get(id: string): Application | undefined {
    return super.get(id) ?? this.#found.get(id);
  }

  async find(id: string): Promise<Application | undefined> {
    const configured = super.get(id);
    if (configured) return (await this.#sources.get(configured.door)?.(id)) ?? configured;
    for (const source of this.#sources.values()) {
      const found = await source(id);
      if (found) return this.#remember(found);
    }
    this.#found.delete(id);
    return undefined;
  }

  #remember(application: Application): Application {
    // Last in, last out: a Map keeps the order in which keys came.
    this.#found.delete(application.id);
    this.#found.set(application.id, application);
    const [oldest] = this.#found.keys();
    if (this.#found.size > REMEMBERED && oldest !== undefined) this.#found.delete(oldest);
    return application;
  }
}

const ACCOUNT = { name: { en: 'Your account', 'zh-Hant': '您的帳號', 'zh-Hans': '您的账号' }, path: '/account' };

const OWN: Readonly<Record<InternalApplication, typeof ACCOUNT>> = {
  'sallyport-account': ACCOUNT,
  'sallyport-security': ACCOUNT,
  'sallyport-enrol': { name: { en: 'First set-up', 'zh-Hant': '首次設定', 'zh-Hans': '首次设置' }, path: '/account' },
  'sallyport-helpdesk': { name: { en: 'Help desk', 'zh-Hant': '服務台', 'zh-Hans': '服务台' }, path: '/helpdesk' },
};

/** The registry: what is configured, and the gateway's own pages, which policy covers like any application. */
export function createRegistry(config: Pick<Config, 'applications' | 'issuer'>): Registry {
  const own = INTERNAL_APPLICATIONS.map((id): [string, Application] => [
    id,
    {
      id,
      name: OWN[id].name,
      door: '',
      consent: 'institution',
      internal: true,
      settings: { redirectUris: [`${config.issuer}${OWN[id].path}/signed-in`] },
    },
  ]);
  return new Registry([...config.applications, ...own]);
}
