/** Channels that workers inherit as descriptors: the keeper's description of each. */

/** The kinds, one line each. `src/keeper/inherited/` implements them. */
export interface GrantKinds {
  /** A listening socket: `127.0.0.1:8080`, `[::1]:8080`, or the absolute path of a unix socket. */
  socket: {readonly address: string};
  pipe: object;
}

export type GrantKind = keyof GrantKinds;
export type GrantOf<K extends GrantKind> = {readonly kind: K; readonly name: string} & GrantKinds[K];
/** One channel; `name` is its name in the fleet file. */
export type Grant = {[K in GrantKind]: GrantOf<K>}[GrantKind];

/** The order of a worker's descriptors, from 3 on: sockets come first (sd_listen_fds(3)). */
export const GRANT_ORDER = ['socket', 'pipe'] as const satisfies readonly GrantKind[];
