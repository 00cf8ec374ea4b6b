import { serve } from './boot/serve/index.ts';

await serve(process.argv.slice(2));
