/** Syntax of readiness and health checks. */
import {command, flag} from '../check/collections.ts';
import {duration, integer} from '../check/numbers.ts';
import {httpUrl, tcpAddress, text} from '../check/texts.ts';
import {key} from '../check/table.ts';
import type {Health, Readiness} from '../types.ts';
import type {Check} from '../check/check.ts';
import {field, variant} from '../check/variant.ts';

/** Runs without a shell, like `run`; a program that needs a shell must name it. */
export const probeCommand = command("[sh, -c, '…']");

const HTTP_DOC =
  'A GET is answered with a status from 200 to 399. Redirects are not followed; a certificate (`https`) must be valid.';
const EXEC_DOC =
  'This program exits with 0. It runs in the fleet file’s folder, with the worker’s environment and as its user; when it is late it is killed with its process group.';

export const ready: Check<Readiness> = variant({
  title: 'ready',
  doc: 'How a worker shows that it is ready: one of these, and `timeout`. Without `ready` it is ready when it has been spawned.',
  kinds: {
    log: {check: field('text', text), doc: 'It has written a line with this text in it.'},
    tcp: {check: tcpAddress, doc: 'A TCP connection succeeds; a number is a port on 127.0.0.1.'},
    exec: {
      check: field('argv', probeCommand),
      doc: EXEC_DOC,
      example: '[pg_isready, -q]',
    },
    after: {check: field('delayMs', duration({example: '1s'})), doc: 'It has been running for so long.'},
    http: {check: field('url', httpUrl), doc: HTTP_DOC},
    notify: {check: flag, doc: 'It has sent `READY=1` to the socket in `NOTIFY_SOCKET` (sd_notify(3)).'},
    fd: {
      check: field('fd', integer({low: 3, high: 1023}, 3)),
      doc: 'It has written a newline to this descriptor.',
    },
  },
  keys: {
    timeout: key('timeoutMs', duration({low: 1, example: '30s'}), {
      or: 30_000,
      doc: 'Not ready after so long is a failure.',
    }),
  },
});

export const health: Check<Health> = variant({
  title: 'health',
  doc: 'How it is found out whether a worker is still well: one of these, again and again while it is ready and not paused. One that is unhealthy is stopped as `stop` says, which counts as a failure, and `restart`, `backoff` and `give_up` decide.',
  kinds: {
    http: {check: field('url', httpUrl), doc: HTTP_DOC},
    tcp: {check: tcpAddress, doc: 'A TCP connection succeeds; a number is a port on 127.0.0.1.'},
    exec: {
      check: field('argv', probeCommand),
      doc: EXEC_DOC,
      example: '[./healthy.sh]',
    },
  },
  keys: {
    every: key('everyMs', duration({low: 1, example: '5s'}), {
      or: 5000,
      doc: 'From one check to the next; the first comes so long after it got ready, or up to a fifth later.',
    }),
    timeout: key('timeoutMs', duration({low: 1, example: '1s'}), {
      or: 1000,
      doc: 'A check that takes longer has failed.',
    }),
    failures: key('failures', integer({low: 1, high: 1000}, 3), {
      or: 3,
      doc: 'After so many failures in a row the worker is `unhealthy` and restarted.',
    }),
  },
});
