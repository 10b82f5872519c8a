/** A result, a request and an error of a test server. */
import {expect} from 'vitest';

export const ping = () => ({pid: 1, version: '1', fleet: 'f', ready: true});
export const request = (method: string, params?: unknown, id: unknown = 1) => ({jsonrpc: '2.0', id, method, params});
export const error = (code: number, id: unknown = 1) => ({
  jsonrpc: '2.0',
  id,
  error: expect.objectContaining({code}) as unknown,
});
