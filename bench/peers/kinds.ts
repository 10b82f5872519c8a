/** All supervisors in the benchmark. */
import {brood} from './brood.ts';
import type {Kind} from './peer.ts';
import {pm2} from './pm2.ts';
import {runit} from './runit.ts';
import {s6} from './s6.ts';
import {supervisord} from './supervisord.ts';

export const KINDS: readonly Kind[] = [s6, runit, supervisord, pm2, brood];
