#!/usr/bin/env node
import { main } from './boot/cli/main.ts';

process.exitCode = await main(process.argv);
