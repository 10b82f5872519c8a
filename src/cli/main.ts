#!/usr/bin/env node
import './early.ts';
import {run} from './run.ts';

// Never process.exit: what stdout has not taken yet would be cut off.
process.exitCode = await run(process.argv.slice(2), process.env, process.cwd());
