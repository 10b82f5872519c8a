/** Thrown when a check fails: ends the run. */
export class Failure extends Error {
  readonly complaints: readonly string[];

  constructor(complaints: readonly string[]) {
    super(complaints.join('\n'));
    this.name = 'Failure';
    this.complaints = [...new Set(complaints)];
  }
}
