/** upgrade: other programs take over. Answered at once; how it goes is told by events (`upgraded`, `upgrade-failed`). */
import {mayChange, type Desk} from './desk.ts';
import type {Handlers} from '../../control/handlers.ts';

export const upgradeHandlers = (desk: Desk): Pick<Handlers, 'upgrade'> => ({
  upgrade({code}) {
    mayChange(desk);
    desk.link.order({type: 'upgrade', code});
    return {};
  },
});
