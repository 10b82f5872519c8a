import {isIP, isIPv6} from 'node:net';
import type {TcpAddress} from '../types.ts';

/** An address, or the reason why the text is not one. */
export type AddressResult = {readonly address: TcpAddress} | {readonly problem: string};

const HOST = /^(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})(\.[A-Za-z0-9_][A-Za-z0-9_-]{0,62})*\.?$/;
const EXPECTED = 'expected a port (5432) or host:port (127.0.0.1:5432, [::1]:5432)';

/** Reads `5432` (on 127.0.0.1), `host:port`, `[::1]:80`. */
export function parseAddress(text: string): AddressResult {
  const match = /^(?:(?:\[([^\]]{0,253})\]|([^\s[\]]{0,253})):)?(\d{1,20})$/.exec(text);
  if (match === null) return {problem: EXPECTED};
  const [, bracketed, bare, digits = ''] = match;
  const port = Number(digits);
  if (port < 1 || port > 65535) return {problem: `${digits} is not a port: expected 1 to 65535`};
  if (bracketed !== undefined) {
    return isIPv6(bracketed)
      ? {address: {host: bracketed, port}}
      : {problem: `${EXPECTED}; brackets are for IPv6 addresses`};
  }
  const host = bare ?? '127.0.0.1';
  if (isIPv6(host) || host.includes(':')) return {problem: `${EXPECTED}; put an IPv6 address in brackets`};
  if (isIP(host) === 0 && !HOST.test(host)) return {problem: EXPECTED};
  return {address: {host, port}};
}

/** Formats the address as text that `parseAddress` parses to the same address. */
export function formatAddress({host, port}: TcpAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
