/** Follows the output of workers as it is written, also while no supervisor runs, and across its death. */
import {join} from 'node:path';
import {FolderWatch} from './folder-watch.ts';
import {FollowedStream} from './followed-stream.ts';
import {instanceLogFolder, type Stream} from './layout.ts';
import {mergeByTime} from './merge.ts';
import type {Piece} from './line-cutter.ts';
import {instanceId, loggedInstances, openStreams, type Instance, type LogLine, type OpenStream} from './read.ts';

/** An unfinished line is shown after this time. */
const STALE_MS = 1000;

export interface FollowOptions {
  readonly fleetFolder: string;
  /** Streams that were read to their end. Their rows are taken over. */
  readonly streams: readonly OpenStream[];
  /** Selects the instances, including later ones. */
  readonly wanted: (instance: Instance) => boolean;
  /** Only this stream; default: both. */
  readonly stream?: Stream;
  /** Called when all existing output was passed on. */
  readonly onIdle?: () => void;
  /** Ends {@link followLines}, after a final read. */
  readonly signal: AbortSignal;
}

/** Calls `take` with each line that is written from now on. Ends when `signal` is aborted. */
export async function followLines(
  {fleetFolder, streams, wanted, stream, onIdle, signal}: FollowOptions,
  take: (line: LogLine) => Promise<void> | void,
): Promise<void> {
  const folders = new Map<string, FollowedStream[]>();
  const watch = new FolderWatch();
  const root = join(fleetFolder, 'logs');
  const folderOf = (instance: Instance) => instanceLogFolder(fleetFolder, instanceId(instance));
  const add = (open: OpenStream, from: 'start' | 'end') => {
    const folder = folderOf(open.instance);
    const followed = new FollowedStream(fleetFolder, open, from);
    const others = folders.get(folder);
    if (others) others.push(followed);
    else folders.set(folder, [followed]);
    watch.add(folder);
  };
  const emit = ({instance, stream}: FollowedStream, {at, line, partial}: Piece) =>
    take({at, ...instance, stream, line, partial});

  const look = async (changed: ReadonlySet<string>): Promise<void> => {
    for (const instance of changed.has(root) ? loggedInstances(fleetFolder) : []) {
      if (folders.has(folderOf(instance)) || !wanted(instance)) continue;
      for (const open of openStreams(fleetFolder, [instance])) {
        if (stream === undefined || open.stream === stream) add(open, 'start');
        else open.row.close();
      }
    }
    const now = Date.now();
    const followed = [...folders].filter(([folder]) => changed.has(folder)).flatMap(([, list]) => list);
    await mergeByTime(
      followed.map(owner => ({owner, batches: owner.catchUp(now)})),
      emit,
    );
    for (const owner of [...folders.values()].flat()) {
      const piece = owner.stale(now, signal.aborted ? 0 : STALE_MS);
      if (piece) await emit(owner, piece);
    }
    onIdle?.();
  };

  try {
    for (const open of streams) add(open, 'end');
    watch.add(root);
    while (!signal.aborted) await look(await watch.next(signal));
    await look(new Set(folders.keys()));
  } finally {
    watch.close();
    for (const followed of [...folders.values()].flat()) followed.close();
  }
}
