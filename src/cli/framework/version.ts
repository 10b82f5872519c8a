// Defined by the build (build.mjs).
declare const BROOD_VERSION: string | undefined;

export const version: string = typeof BROOD_VERSION === 'string' ? BROOD_VERSION : '0.0.0';
