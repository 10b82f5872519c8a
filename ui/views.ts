/** Every view of `brood top`, in the order of their numbers: one file and one line each. */
import type {Shell} from './shell.ts';
import type {View} from './view.ts';
import {EventsView} from './views/events.ts';
import {FleetView} from './views/fleet.ts';
import {IpcView} from './views/ipc.ts';
import {LogsView} from './views/logs.ts';
import {TreeView} from './views/tree.ts';

export const createViews = (app: Shell): readonly View[] => [
  new FleetView(app),
  new TreeView(app),
  new IpcView(app),
  new EventsView(app),
  new LogsView(app),
];
