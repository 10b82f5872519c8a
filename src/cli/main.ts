#!/usr/bin/env node
import './framework/early-signals.ts';
import {run} from './run.ts';

// Never process.exit: what stdout has not taken yet would be cut off.
void run(process.argv.slice(2), process.env, process.cwd()).then(code => (process.exitCode = code));
