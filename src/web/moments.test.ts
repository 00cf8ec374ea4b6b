import { describe, expect, it } from 'vitest';
import { moments } from './moments.ts';
import { times } from './times.ts';

const AT = Date.UTC(2026, 10, 29, 20, 15);
const of = (text: string) =>
  moments(
    times('en', 'Asia/Hong_Kong', () => AT),
    (_key, values) =>
      Object.entries(values ?? {}).reduce((all, [name, value]) => all.replaceAll(`{{${name}}}`, String(value)), text),
  );

describe('times in pages', () => {
  it('are elements that a script can show anew', () => {
    const { time } = of('');
    expect(time(AT)).toBe('<time datetime="2026-11-29T20:15:00.000Z" data-local="date">30 Nov 2026, 04:15</time>');
    expect(time(AT, 'day')).toContain('data-local="day">30 Nov 2026<');
  });

  it('stand in sentences whose other words are escaped', () => {
    const { sentence } = of('<b>{{name}} & {{from}} to {{until}}');
    const html = sentence('any', { name: '<i onclick="x">\ue000\ue001', from: { day: AT }, until: { date: AT } });
    expect(html).toMatch(
      /^&lt;b&gt;&lt;i onclick=&quot;x&quot;&gt; &amp; <time .*day">[^<]*<\/time> to <time [^<]*<\/time>$/,
    );
  });

  it('name their zone as people call it, in summer and in winter', () => {
    const zone = (locale: string, at: number) => times(locale, 'Europe/London', () => at).zone();
    expect(zone('en', Date.UTC(2026, 6, 1))).toBe('British Summer Time');
    expect(zone('en', AT)).toBe('Greenwich Mean Time');
    expect(zone('zh-Hant', AT)).toBe('格林威治標準時間');
  });
});
