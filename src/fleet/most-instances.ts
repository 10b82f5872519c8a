/** More processes than one supervisor can manage; a larger number is a typing error. */
export const MOST_INSTANCES = 10_000;
