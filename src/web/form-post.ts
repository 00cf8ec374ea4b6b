import { escapedHtml } from '../core/html.ts';
import { createMemo } from '../core/memo.ts';
import type { Pages } from './models.ts';
import type { RenderContext, Renderer } from './render.ts';

type Model = Pages['form-post'];

/** The page around what differs from one answer to the next. */
interface Frame {
  beforeAction: string;
  beforeInputs: string;
  after: string;
}

/** Stand for what is filled in; no text of ours holds them. */
const ACTION = '/c0a8f1-action';
const INPUT = 'c0a8f1-input';

/** Far more than there are languages and applications in use at one time. */
const FRAMES = 2000;

/**
 * The page by which answers go to applications, many a second: all but its form is composed once for each language
 * and application. It can't be asked for again, so that its language switch leads elsewhere.
 */
export function createFormPost(renderer: Renderer): (model: Model, context: RenderContext) => string {
  const frames = createMemo<string, Frame>(FRAMES);

  function frameOf({ action: _action, inputs: _inputs, ...model }: Model, context: RenderContext): Frame {
    const { path: _path, reference: _reference, ...shown } = context;
    const key = JSON.stringify([model, shown]);
    return frames(key, () => {
      const blank = { ...model, action: ACTION, inputs: [{ name: INPUT, value: '' }] };
      return cut(renderer.html('form-post', blank, { ...shown, reference: '' }));
    });
  }

  return (model, context) => {
    const { beforeAction, beforeInputs, after } = frameOf(model, context);
    const inputs = model.inputs.map(input).join('\n');
    return `${beforeAction}${escapedHtml(model.action)}${beforeInputs}${inputs}${after}`;
  };
}

/** The same page in octets. What is around its form is the same text for many, and is encoded once. */
export function createFormPostOctets(formPost: (model: Model, context: RenderContext) => string) {
  const frames = createMemo<string, readonly [Buffer, Buffer]>(FRAMES);
  return (model: Model, context: RenderContext): Buffer => {
    const { path: _path, reference: _reference, ...shown } = context;
    const { inputs, ...rest } = model;
    const key = JSON.stringify([rest, shown]);
    const [before, after] = frames(key, () => {
      const [first, second] = formPost({ ...rest, inputs: [{ name: INPUT, value: '' }] }, context).split(
        input({ name: INPUT, value: '' }),
      );
      if (first === undefined || second === undefined) throw new Error('a form without its inputs');
      return [Buffer.from(first), Buffer.from(second)] as const;
    });
    const own = inputs.map(input).join('\n');
    const page = Buffer.allocUnsafe(before.length + Buffer.byteLength(own) + after.length);
    before.copy(page);
    after.copy(page, before.length + page.write(own, before.length));
    return page;
  };
}

function input({ name, value }: Model['inputs'][number]): string {
  return `<input type="hidden" name="${escapedHtml(name)}" value="${escapedHtml(value)}">`;
}

function cut(html: string): Frame {
  const [beforeAction, rest] = html.split(ACTION);
  const [beforeInputs, after] = rest?.split(input({ name: INPUT, value: '' })) ?? [];
  if (beforeAction === undefined || beforeInputs === undefined || after === undefined) {
    throw new Error('views/pages/form-post.eta: its form is not where it is looked for');
  }
  return { beforeAction, beforeInputs, after };
}
