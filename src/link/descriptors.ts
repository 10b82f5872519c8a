/** Descriptors that a controller inherits from its keeper. */

/** The descriptor on which a controller finds its keeper. */
export const LINK_FD = 3;

/** And by that one, where there is one, it holds the queue of pipes (src/keeper/pipe-store/store.ts) open. It does nothing with it. */
export const STORE_FD = 4;
