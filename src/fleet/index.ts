/** Reads, checks and normalizes the fleet file. Types and functions only; importing has no side effects. */
export {workerFromCommand, type CommandOptions, type CommandResult} from './add.ts';
export {formatAddress} from './values/address.ts';
export {parseCron, type Cron, type CronResult} from './values/cron.ts';
export {parseDuration, type DurationResult} from './values/duration.ts';
export {parseEnvFile, type ParsedEnvFile} from './env-file.ts';
export {noEffectYet} from './not-yet.ts';
export {isName, makeName, NAME_RULE} from './values/names.ts';
export {nearest} from './values/nearest.ts';
export {parseFleetText, type Machine, type ParseOptions} from './parse.ts';
export {findFleetFile, isProcfile, parseFleetFile} from './read-file.ts';
export {formatProblem} from './syntax/report.ts';
export {defaultWorker} from './schema/worker.ts';
export {parseSignal, signalNames} from './values/signal-names.ts';
export {sizeInFile, parseSize, type SizeResult} from './values/size.ts';
export type * from './types.ts';
export {unwatchableBy, WAITING_UNWATCHED, watchAccess, whyUnwatchable} from './unwatchable.ts';
export {quoteWords, splitWords, type WordsResult} from './values/shell-words.ts';
