/** The colour of a process's state. */

export function styleOfState(state: string | null): 'good' | 'bad' | 'warning' | 'busy' | 'dim' {
  if (state === 'R') return 'good';
  if (state === 'Z' || state === 'X') return 'bad';
  if (state === 'D') return 'warning';
  return state === 'T' || state === 't' ? 'busy' : 'dim';
}
