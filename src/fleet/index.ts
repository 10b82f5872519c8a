/** The fleet file: reading, checking and normalizing it. Types and functions only; nothing happens on import. */
export {workerFromCommand, type CommandOptions, type CommandResult} from './add.ts';
export {formatAddress} from './address.ts';
export {parseCron, type Cron, type CronResult} from './cron.ts';
export {formatDuration, parseDuration, type DurationResult} from './duration.ts';
export {parseEnvFile, type ParsedEnvFile} from './env-file.ts';
export {noEffectYet} from './later.ts';
export {isName, makeName, NAME_RULE} from './names.ts';
export {nearest} from './nearest.ts';
export {parseFleetText, type Machine, type ParseOptions} from './parse.ts';
export {findFleetFile, isProcfile, parseFleetFile} from './read-file.ts';
export {formatProblem} from './report.ts';
export {defaultWorker} from './schema-worker.ts';
export {parseSignal, signalNames} from './signals.ts';
export {formatSize, parseSize, type SizeResult} from './size.ts';
export type * from './types.ts';
export {unwatchableBy, WAITING_UNWATCHED, watchAccess, whyUnwatchable} from './unwatchable.ts';
export {quoteWords, splitWords, type WordsResult} from './words.ts';
