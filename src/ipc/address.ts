/** Internet addresses as text: `127.0.0.1`, `[::1]`. An IPv4 address within IPv6 is shown as IPv4. */

const known = new Map<string, string>();
const MAPPED = Buffer.from('00000000000000000000ffff', 'hex').toString('latin1');

/**
 * Formats an address of 4 or 16 bytes in network order, one character per byte.
 *
 * @see RFC 5952
 */
export function addressText(bytes: string): string {
  // Many sockets share few addresses.
  let text = known.get(bytes);
  if (text === undefined) {
    text = bytes.length === 4 ? ipv4(bytes) : bytes.startsWith(MAPPED) ? ipv4(bytes.slice(12)) : `[${ipv6(bytes)}]`;
    if (known.size > 10_000) known.clear();
    known.set(bytes, text);
  }
  return text;
}

const ipv4 = (bytes: string): string => Array.from(bytes, byte => byte.charCodeAt(0)).join('.');

function ipv6(bytes: string): string {
  const words: string[] = [];
  for (let i = 0; i < 16; i += 2) words.push(((bytes.charCodeAt(i) << 8) | bytes.charCodeAt(i + 1)).toString(16));
  // `::` replaces the longest run of zeros, the first of equal ones.
  const full = words.join(':');
  // eslint-disable-next-line brood/linear-regex -- eight numbers, made above
  const runs = full.match(/\b0(?::0)+\b/g) ?? [];
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), '');
  if (longest === '') return full;
  // eslint-disable-next-line brood/linear-regex -- eight numbers, made above
  const at = full.search(new RegExp(`(?:^|:)${longest}(?=$|:)`));
  const start = full[at] === ':' ? at + 1 : at;
  return `${full.slice(0, start).replace(/:$/, '')}::${full.slice(start + longest.length).replace(/^:/, '')}`;
}

/** Whether packets to that address never leave the machine. */
export const isLoopback = (address: string): boolean => address.startsWith('127.') || address === '[::1]';

/** Returns the address of `address:port`. */
export const hostOf = (endpoint: string): string => endpoint.slice(0, endpoint.lastIndexOf(':'));
export const portOf = (endpoint: string): string => endpoint.slice(endpoint.lastIndexOf(':') + 1);
