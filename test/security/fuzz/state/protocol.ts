/** JSON-RPC requests to the control socket, as clients send them. */
import {RpcError} from '../../../../src/control/errors.ts';
import {ErrorCode} from '../../../../src/control/messages.ts';
import {isMethod, validateParams} from '../../../../src/control/params.ts';
import {Rpc} from '../../../../src/control/rpc.ts';
import {must, utf8, type Target} from '../target.ts';
import {JSON_PIECES} from './json-pieces.ts';

const answers: string[] = [];
const failures: unknown[] = [];
const rpc = new Rpc({
  call: (method, params) => {
    // As in a connection, unknown methods and invalid parameters are rejected with a message.
    if (!isMethod(method)) return Promise.reject(new RpcError(ErrorCode.methodNotFound, 'no such method'));
    try {
      validateParams(method, params);
      return Promise.resolve({});
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    }
  },
  write: line => void answers.push(line),
  onError: error => void failures.push(error),
  done: () => undefined,
});

export const REQUESTS = [
  '{"jsonrpc":"2.0","id":1,"method":"ps","params":{}}',
  '{"jsonrpc":"2.0","id":"x","method":"stop","params":{"targets":["web","db/1"],"timeoutMs":5000}}',
  '{"jsonrpc":"2.0","method":"add","params":{"argv":["sleep","1"],"cwd":"/","env":{"A":"b"}}}',
  '[{"jsonrpc":"2.0","id":2,"method":"scale","params":{"counts":{"web":3}}},{"jsonrpc":"2.0","id":3,"method":"ping"}]',
  '{"jsonrpc":"2.0","id":4,"method":"upgrade","params":{"code":"0123456789abcdef"}}',
];

export const protocol: Target = {
  name: 'src/control/{rpc,params}.ts',
  samples: REQUESTS,
  pieces: [
    ...JSON_PIECES,
    '"jsonrpc":"2.0"',
    '"id":',
    '"method":',
    '"params":',
    '"targets":',
    '"stop"',
    '"__proto__":',
  ],
  frames: [
    ['{"jsonrpc":"2.0","id":1,"method":"', '"}'],
    ['{"jsonrpc":"2.0","id":1,"method":"stop","params":{"targets":["', '"]}}'],
  ],
  async take(input) {
    answers.length = 0;
    failures.length = 0;
    rpc.handleLine(utf8(input));
    for (let turn = 0; turn < 200 && (rpc.underWay > 0 || turn < 4); turn++) await Promise.resolve();
    must(rpc.underWay === 0, 'each request is done');
    must(failures.length === 0, `nothing unexpected is thrown: ${String(failures[0])}`);
    for (const answer of answers) {
      must(answer.endsWith('\n') && !answer.slice(0, -1).includes('\n'), 'an answer is a line');
      JSON.parse(answer);
    }
  },
};
