/** Syntax of readiness and health checks. */
import {command, flag} from '../check/collections.ts';
import {duration, integer} from '../check/numbers.ts';
import {httpUrl, tcpAddress, text} from '../check/texts.ts';
import {key} from '../check/table.ts';
import type {Health, Readiness, ReadinessKind} from '../types.ts';
import type {Check, Kind} from '../check/check.ts';
import {field, variant} from '../check/variant.ts';

/** Runs without a shell, like `run`; a program that needs a shell must name it. */
export const probeCommand = command("[sh, -c, '…']");

const HTTP_DOC =
  'A GET request returns a status from 200 to 399. Redirects are not followed; with `https`, the certificate must be valid.';
const EXEC_DOC =
  'This program exits with 0. It runs in the fleet file’s folder, with the worker’s environment and as its user; on timeout it is killed with its process group.';

export const ready: Check<Readiness> = variant({
  title: 'ready',
  doc: 'How readiness is detected: one of these, and `timeout`. Without `ready`, a worker is ready once spawned.',
  kinds: {
    log: {check: field('text', text), doc: 'The worker has written a line that contains this text.'},
    tcp: {check: tcpAddress, doc: 'A TCP connection succeeds. A bare number is a port on 127.0.0.1.'},
    exec: {
      check: field('argv', probeCommand),
      doc: EXEC_DOC,
      example: '[pg_isready, -q]',
    },
    after: {check: field('delayMs', duration({example: '1s'})), doc: 'The worker has been running for this long.'},
    http: {check: field('url', httpUrl), doc: HTTP_DOC},
    notify: {check: flag, doc: 'The worker has sent `READY=1` to the socket in `NOTIFY_SOCKET` (sd_notify(3)).'},
    fd: {
      check: field('fd', integer({low: 3, high: 1023}, 3)),
      doc: 'The worker has written a newline to this file descriptor.',
    },
  } satisfies Readonly<Record<ReadinessKind, Kind>>,
  keys: {
    timeout: key('timeoutMs', duration({low: 1, example: '30s'}), {
      or: 30_000,
      doc: 'Maximum time to become ready; exceeding it is a failure.',
    }),
  },
});

export const health: Check<Health> = variant({
  title: 'health',
  doc: 'How health is checked: one of these, repeatedly, while the worker is ready and not paused. An unhealthy worker is stopped as set by `stop`. This counts as a failure, so `restart`, `backoff` and `give_up` apply.',
  kinds: {
    http: {check: field('url', httpUrl), doc: HTTP_DOC},
    tcp: {check: tcpAddress, doc: 'A TCP connection succeeds. A bare number is a port on 127.0.0.1.'},
    exec: {
      check: field('argv', probeCommand),
      doc: EXEC_DOC,
      example: '[./healthy.sh]',
    },
  },
  keys: {
    every: key('everyMs', duration({low: 1, example: '5s'}), {
      or: 5000,
      doc: 'Interval between checks. The first runs this long after the worker became ready, or up to a fifth later.',
    }),
    timeout: key('timeoutMs', duration({low: 1, example: '1s'}), {
      or: 1000,
      doc: 'Maximum time of a check; exceeding it is a failure.',
    }),
    failures: key('failures', integer({low: 1, high: 1000}, 3), {
      or: 3,
      doc: 'Number of consecutive failures after which the worker is `unhealthy` and restarted.',
    }),
  },
});
