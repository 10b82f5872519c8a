/**
 * A client that asks the same light question over one open connection, every so often, whether it was answered or not,
 * until it gets SIGTERM; then it prints how long each answer took (ms). A program of its own: who measures a storm is
 * busy itself.
 */
import {connectFleet} from '../src/control/connect.ts';

/** A controller takes 64 requests at once of one client. */
const MOST_UNDER_WAY = 60;

const [folder = '', everyMs = '10'] = process.argv.slice(2);
const client = await connectFleet(folder);
const took: number[] = [];
let underWay = 0;
let unasked = 0;

async function ask(): Promise<void> {
  if (underWay >= MOST_UNDER_WAY) {
    unasked++;
    return;
  }
  underWay++;
  const asked = performance.now();
  await client.call('ping', {});
  took.push(performance.now() - asked);
  underWay--;
}

await ask();
console.log('asking');
const timer = setInterval(() => void ask(), Number(everyMs));
process.once('SIGTERM', () => {
  clearInterval(timer);
  void (async () => {
    // Whoever still waits for an answer gets it first.
    while (underWay > 0) await new Promise(resolve => setTimeout(resolve, 10));
    client.close();
    console.log(JSON.stringify({took, unasked}));
  })();
});
