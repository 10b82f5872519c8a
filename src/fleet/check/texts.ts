import {resolve} from 'node:path';
import {formatAddress, parseAddress} from '../values/address.ts';
import {refuse, refuseBecause, textOf, type Check, type Context, type Spot} from './check.ts';
import {parseCron} from '../values/cron.ts';
import {didYouMean} from '../values/nearest.ts';
import {isName, NAME_RULE} from '../values/names.ts';
import {parseSignal, signalNames} from '../values/signal-names.ts';
import {keyLabel} from '../syntax/tree.ts';
import type {TcpAddress} from '../types.ts';
import type {SignalName} from '../../base/signal-name.ts';

/** Reads text for a program: execve(2) ends every string at a NUL, so NUL is rejected. */
function plainText(spot: Spot, context: Context, expects: string): string | null {
  const value = textOf(spot.node);
  if (value === undefined) return refuse(spot, context, expects);
  if (value.includes('\0')) return refuseBecause(spot, context, "can't contain a NUL character");
  return value;
}

function filled(spot: Spot, context: Context, expects: string): string | null {
  const value = plainText(spot, context, expects);
  return value === '' ? refuse(spot, context, expects) : value;
}

/** Any text; numbers and booleans are read as written. */
export const anyText: Check<string> = {
  expects: 'text such as hello',
  example: 'hello',
  read: (spot, context) => plainText(spot, context, 'text (quote it if YAML reads it as another type)'),
  show: value => JSON.stringify(value),
};

/** Non-empty text. */
export const text: Check<string> = {
  expects: 'text',
  example: "'listening on'",
  read: (spot, context) => filled(spot, context, "text such as 'listening on'"),
  show: value => JSON.stringify(value),
};

/** A path, resolved against the fleet file's folder. `~` is shell syntax, and is not expanded. */
export const path: Check<string> = {
  expects: 'a path such as ./data',
  example: './data',
  read(spot, context) {
    const value = filled(spot, context, this.expects);
    if (value?.startsWith('~') === true) {
      context.report.note(spot.node.at, `${spot.label}: ~ is not expanded: write the full path`);
    }
    return value === null ? null : resolve(context.dir, value);
  },
  show: value => value,
};

/** A path to watch. A missing path is not an error: it may be built, or mounted, later. */
export const watchedPath: Check<string> = {
  ...path,
  example: 'src/',
  read(spot, context) {
    const value = path.read(spot, context);
    const trouble = value === null ? null : context.unwatchable(value);
    if (trouble !== null) context.report.note(spot.node.at, `${spot.label}: ${keyLabel(value ?? '')} ${trouble}`);
    return value;
  },
};

/** Names or paths with `*` and `?`. */
export const pathPattern: Check<string> = {
  ...text,
  expects: "a name or path, with * as a wildcard, such as '*.log'",
  example: "'*.log'",
};

/** The name of a fleet, worker, group or channel. */
export const name: Check<string> = {
  expects: NAME_RULE,
  example: 'db',
  read(spot, context) {
    const value = textOf(spot.node);
    return value !== undefined && isName(value) ? value : refuse(spot, context, this.expects);
  },
  show: value => value,
};

export const signal: Check<SignalName> = {
  expects: 'a signal such as SIGTERM',
  example: 'SIGTERM',
  read(spot, context) {
    const value = textOf(spot.node);
    if (value === undefined || /^\d+$/.test(value)) return refuse(spot, context, this.expects);
    return (
      parseSignal(value) ??
      refuseBecause(spot, context, `is not a signal of this system: ${didYouMean(value, signalNames())}`)
    );
  },
  show: value => value,
};

export const tcpAddress: Check<TcpAddress> = {
  expects: 'a port (5432) or host:port (127.0.0.1:5432)',
  example: '5432',
  read(spot, context) {
    const value = textOf(spot.node);
    if (value === undefined) return refuse(spot, context, this.expects);
    const result = parseAddress(value);
    return 'problem' in result ? refuseBecause(spot, context, result.problem) : result.address;
  },
  show: formatAddress,
};

/** The size of sun_path (unix(7)), less the final NUL. */
const LONGEST_SOCKET_PATH = 107;

/** An address to listen on: TCP as `host:port`, or the absolute path of a unix socket. */
export const listenAddress: Check<string> = {
  expects: 'host:port, a port, or the path of a unix socket (./web.sock)',
  example: '127.0.0.1:8080',
  read(spot, context) {
    const value = textOf(spot.node);
    if (value === undefined) return refuse(spot, context, this.expects);
    if (!value.includes('/')) {
      const result = parseAddress(value);
      return 'problem' in result
        ? refuseBecause(spot, context, `${result.problem}, or a path that contains a / for a unix socket`)
        : formatAddress(result.address);
    }
    const full = path.read(spot, context);
    const bytes = Buffer.byteLength(full ?? '');
    if (bytes <= LONGEST_SOCKET_PATH) {
      const why = full === null ? null : context.noSocket(full);
      if (why !== null) context.report.note(spot.node.at, `${spot.label}: brood will not listen there: ${why}`);
      return full;
    }
    return refuseBecause(
      spot,
      context,
      `the path of a unix socket can have at most ${LONGEST_SOCKET_PATH} bytes, but the full path has ${bytes}`,
    );
  },
  show: value => value,
};

export const httpUrl: Check<string> = {
  expects: 'a URL such as http://127.0.0.1:3000/health',
  example: "'http://127.0.0.1:3000/health'",
  read(spot, context) {
    const value = textOf(spot.node);
    if (value === undefined || !URL.canParse(value)) return refuse(spot, context, this.expects);
    const {protocol, href} = new URL(value);
    return protocol === 'http:' || protocol === 'https:' ? href : refuse(spot, context, this.expects);
  },
  show: value => value,
};

export const cronText: Check<string> = {
  expects: "a schedule of five fields such as '*/5 * * * *'",
  example: "'*/5 * * * *'",
  read(spot, context) {
    const value = textOf(spot.node);
    if (value === undefined) return refuse(spot, context, this.expects);
    const result = parseCron(value);
    return 'problem' in result ? refuseBecause(spot, context, result.problem) : value.trim().split(/\s+/).join(' ');
  },
  show: value => `'${value}'`,
};
