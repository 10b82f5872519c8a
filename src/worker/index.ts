/** The module that programs import: `import {connect} from 'brood'`. */
export {connect, type ConnectTo} from './connect.ts';
export type {CallOptions, Client} from '../control/client.ts';
export {BusyError, ConnectionLostError, FleetChoiceError, NotRunningError, RpcError} from '../control/errors.ts';
export type {EventRecord} from '../journal/record.ts';
export {ErrorCode} from '../control/messages.ts';
export type {Method, Methods, Params, Progress, Result} from '../control/messages.ts';
export type {ExitReport, InstanceDetail, Outcome, Outcomes, PsReport, WorkerReport} from '../control/reports.ts';
