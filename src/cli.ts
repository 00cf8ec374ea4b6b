#!/usr/bin/env node
import { main } from './boot/cli/main.ts';

// A reader that has seen enough, as `head`, is no fault.
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => process.exit(code === 'EPIPE' ? 0 : 2));

process.exitCode = await main(process.argv);
