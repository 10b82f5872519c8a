/** More processes than one supervisor can look after; whoever writes more has mistyped a number. */
export const MOST_INSTANCES = 10_000;
