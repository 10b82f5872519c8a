/** Channels that workers inherit as descriptors: what the keeper must know of each. */

/** A line a kind. What the keeper does for one, `src/keeper/inherited/` says. */
export interface GrantKinds {
  /** A listening socket: `127.0.0.1:8080`, `[::1]:8080`, or the absolute path of a unix socket. */
  socket: {readonly address: string};
  pipe: object;
}

export type GrantKind = keyof GrantKinds;
export type GrantOf<K extends GrantKind> = {readonly kind: K; readonly name: string} & GrantKinds[K];
/** One channel; `name` is what the fleet file calls it. */
export type Grant = {[K in GrantKind]: GrantOf<K>}[GrantKind];

/** The order of a worker's descriptors, from 3 on: sockets come first (sd_listen_fds(3)). */
export const GRANT_ORDER = ['socket', 'pipe'] as const satisfies readonly GrantKind[];
