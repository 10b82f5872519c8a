/** The actions of the key table that are not handled by a view. */
import {messageOf} from '../src/base/errors.ts';
import type {Shell} from './shell.ts';
import {changeNice, askAlarm, askScale, pauseOrResume, restart, stopOrStart} from './acting.ts';
import {createHelp} from './overlays/help.ts';
import {createPalette} from './overlays/palette.ts';
import {createSignalMenu} from './signal-menu.ts';
import {VIEW_NAMES, type Action} from './keys.ts';
import {EventsView} from './views/events.ts';
import {FleetView} from './views/fleet.ts';
import {IpcView} from './views/ipc.ts';
import {LogsView} from './views/logs.ts';
import {TreeView} from './views/tree.ts';

/** Actions that a view handles itself are not listed. */
const ACTIONS: Partial<Record<Action, (app: Shell) => void>> = {
  ...Object.fromEntries(VIEW_NAMES.map((name, index) => [`view ${name}`, (app: Shell) => app.show(index)])),
  nextView: app => app.show(app.current + 1),
  previousView: app => app.show(app.current - 1),
  quit: app => app.host.quit(),
  help: app => app.open(createHelp(app)),
  palette: app => app.open(createPalette(app)),
  all: toggleAll,
  freeze: toggleFreeze,
  mouse: toggleMouse,
  save,
  zombies: app => nextOf(app, 'zombie', row => app.world.snapshot.state(row) === 'Z'),
  orphans: app => nextOf(app, 'orphan', row => app.world.ownerOf(row)?.orphan === true),
  signal: createSignalMenu,
  restart,
  stop: stopOrStart,
  pause: pauseOrResume,
  alarm: askAlarm,
  scale: askScale,
  nicer: app => changeNice(app, -1),
  lessNice: app => changeNice(app, 1),
  logs: app => follow('logs', app),
  ipc: app => follow('ipc', app),
  events: app => follow('events', app),
};

export function act(action: Action, app: Shell): void {
  const known = ACTIONS[action];
  if (known) known(app);
  else if (!app.view.act(action) && action === 'close') app.showMessage('q quits');
}

function toggleFreeze(app: Shell): void {
  app.frozen = !app.frozen;
  app.showMessage(app.frozen ? 'display frozen; the processes keep running' : 'display unfrozen');
  if (!app.frozen) app.refreshed();
}

function toggleMouse(app: Shell): void {
  const {host} = app;
  host.mouse = !host.mouse;
  app.showMessage(host.mouse ? 'mouse on: click and wheel' : 'mouse off: the terminal selects and copies');
}

function toggleAll(app: Shell): void {
  if (!app.world.fleet) {
    app.showMessage('no fleet: this is the whole machine');
    return;
  }
  app.all = !app.all;
  // The fleet view does not show the machine.
  if (app.all && app.view instanceof FleetView) app.showView(TreeView);
  else app.view.refresh();
  app.showMessage(app.all ? 'the whole machine' : 'the fleet');
}

function nextOf(app: Shell, what: string, is: (row: number) => boolean): void {
  const view = app.view instanceof TreeView ? app.view : app.showView(TreeView);
  if (view?.selectNext(is) === true) return;
  if (!app.all) {
    app.all = true;
    view?.refresh();
    if (view?.selectNext(is) === true) return;
  }
  app.showMessage(`no visible ${what}`);
}

function save(app: Shell): void {
  try {
    const {width, height} = app.size;
    app.showMessage(`saved as ${app.host.save(app.draw(width, height).toString() + '\n')}`);
  } catch (error) {
    app.showMessage(`can't save the screen: ${messageOf(error)}`, 'bad');
  }
}

/** Opens the logs, channels or events of the selected target. */
function follow(where: 'logs' | 'ipc' | 'events', app: Shell): void {
  const targets = app.targets();
  const ids = targets.map(({id, name}) => id ?? /^(\S+\/\d+) /.exec(name)?.[1] ?? null).filter(id => id !== null);
  const [target] = targets;
  if (where === 'ipc') {
    const [id] = ids;
    if (target?.id == null && target?.pid != null) app.showView(IpcView)?.only({kind: 'process', pid: target.pid});
    else app.showView(IpcView)?.only(id === undefined ? {kind: 'all'} : {kind: 'instance', id});
  } else if (where === 'logs') app.showView(LogsView)?.only(ids);
  else app.showView(EventsView)?.only(ids[0] ?? null);
}
