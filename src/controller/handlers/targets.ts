/** Resolves the targets that a client names: a worker (all its instances), an instance, or a pid. */
import {ErrorCode, type Target} from '../../control/messages.ts';
import {RpcError} from '../../control/errors.ts';
import {nearest} from '../../fleet/values/nearest.ts';
import type {Core} from '../../supervisor/index.ts';
import type {Instance} from '../../supervisor/types.ts';

/** Returns the named instances, each once, in the order of the fleet. Throws RpcError `unknownTarget`. */
export function instancesNamed(core: Core, targets: readonly Target[]): Instance[] {
  const wanted = new Set<string>();
  const workers = new Set(core.workers().map(spec => spec.name));
  for (const target of targets) {
    if (core.get(target)) wanted.add(target);
    else if (workers.has(target)) {
      for (const instance of core.instances()) if (instance.worker === target) wanted.add(instance.id);
    } else throw unknown(core, target, workers);
  }
  return [...core.instances()].filter(instance => wanted.has(instance.id));
}

/** Returns the named workers; an instance's id is not a worker. Throws RpcError `unknownTarget`. */
export function workersNamed(core: Core, targets: readonly Target[]): string[] {
  const workers = new Set(core.workers().map(spec => spec.name));
  for (const target of targets) if (!workers.has(target)) throw unknown(core, target, workers);
  return [...new Set(targets)];
}

export const isPid = (target: Target): boolean => /^[1-9]\d{0,9}$/.test(target);

function unknown(core: Core, target: string, workers: ReadonlySet<string>): RpcError {
  const [worker = '', number] = target.split('/');
  if (number !== undefined && workers.has(worker)) {
    const ids = [...core.instances()].filter(instance => instance.worker === worker).map(instance => instance.id);
    return new RpcError(ErrorCode.unknownTarget, `no instance ${target}; ${worker} has ${ids.join(', ') || 'none'}`);
  }
  const near = nearest(target, [...workers]);
  const hint =
    near === undefined ? `this fleet has ${[...workers].join(', ') || 'no workers'}` : `did you mean ${near}?`;
  return new RpcError(
    ErrorCode.unknownTarget,
    `no worker ${target}; ${hint}`,
    near === undefined ? undefined : {nearest: near},
  );
}
