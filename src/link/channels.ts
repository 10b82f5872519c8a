/** Channels that workers inherit as descriptors: the keeper's description of each. */

/**
 * The kinds and the texts that the keeper needs of each, one line each, in the order of a worker's descriptors from 3
 * on: sockets come first (sd_listen_fds(3)). `src/keeper/inherited/` implements the kinds.
 */
export const GRANT_FIELDS = {
  /** A listening socket: `127.0.0.1:8080`, `[::1]:8080`, or the absolute path of a unix socket. */
  socket: ['address'],
  pipe: [],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type GrantKind = keyof typeof GRANT_FIELDS;
export type GrantOf<K extends GrantKind> = {readonly kind: K; readonly name: string} & {
  readonly [F in (typeof GRANT_FIELDS)[K][number]]: string;
};
/** One channel; `name` is its name in the fleet file. */
export type Grant = {[K in GrantKind]: GrantOf<K>}[GrantKind];

export const isGrantKind = (kind: unknown): kind is GrantKind =>
  typeof kind === 'string' && Object.hasOwn(GRANT_FIELDS, kind);

/** The kinds in the order of a worker's descriptors. */
export const GRANT_ORDER: readonly GrantKind[] = Object.keys(GRANT_FIELDS).filter(isGrantKind);
