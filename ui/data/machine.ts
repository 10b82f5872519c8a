/** Load of the machine. */
import {availableParallelism, cpus, loadavg, totalmem, uptime} from 'node:os';

export interface Load {
  /** Over 1, 5 and 15 minutes. */
  readonly average: readonly [number, number, number];
  /** 0 to 1, since the previous reading. */
  readonly cpu: number;
  readonly cpus: number;
  /** Bytes. */
  readonly memoryUsed: number;
  readonly memoryTotal: number;
  /** Seconds since boot. */
  readonly uptime: number;
}

export class Machine {
  #busy = 0;
  #total = 0;

  readLoad(): Load {
    let busy = 0;
    let total = 0;
    for (const {times} of cpus()) {
      const all = times.user + times.nice + times.sys + times.idle + times.irq;
      total += all;
      busy += all - times.idle;
    }
    const cpu = total > this.#total ? (busy - this.#busy) / (total - this.#total) : 0;
    [this.#busy, this.#total] = [busy, total];
    const [one = 0, five = 0, fifteen = 0] = loadavg();
    return {
      average: [one, five, fifteen],
      cpu: Math.max(0, Math.min(1, cpu)),
      cpus: availableParallelism(),
      memoryUsed: totalmem() - process.availableMemory(),
      memoryTotal: totalmem(),
      uptime: uptime(),
    };
  }
}
