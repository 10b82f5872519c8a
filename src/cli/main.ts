#!/usr/bin/env node
import './framework/early-signals.ts';
import {run} from './run.ts';

// Never process.exit: it would discard output that stdout has not accepted yet.
void run(process.argv.slice(2), process.env, process.cwd()).then(code => (process.exitCode = code));
