/** All views of `brood top`: one file and one line each, here and in keys.ts. */
import {VIEW_NAMES, type ViewName} from './keys.ts';
import type {Shell} from './shell.ts';
import type {View} from './view.ts';
import {EventsView} from './views/events.ts';
import {FleetView} from './views/fleet.ts';
import {IpcView} from './views/ipc.ts';
import {LogsView} from './views/logs.ts';
import {TreeView} from './views/tree.ts';

const VIEWS: {readonly [N in ViewName]: new (app: Shell) => View} = {
  fleet: FleetView,
  tree: TreeView,
  ipc: IpcView,
  events: EventsView,
  logs: LogsView,
};

/** Returns the views in the order of their numbers. */
export const createViews = (app: Shell): readonly View[] => VIEW_NAMES.map(name => new VIEWS[name](app));
