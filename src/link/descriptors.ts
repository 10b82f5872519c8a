/** Descriptors that a controller inherits from its keeper. */

/** The controller's end of the socket pair to its keeper. */
export const LINK_FD = 3;

/**
 * The queue of pipes (src/keeper/pipe-store/store.ts), if there is one. The controller keeps it open and does not use
 * it.
 */
export const STORE_FD = 4;
