/**
 * A client that sends the same light request over one connection at a fixed interval, whether or not the previous one
 * was answered. On SIGTERM it prints how long each answer took (ms). A program of its own, because the process that
 * measures a storm is busy itself.
 */
import {connectFleet} from '../src/control/connect.ts';

/** The controller accepts at most 64 concurrent requests of one client. */
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
    // Wait for the requests under way.
    while (underWay > 0) await new Promise(resolve => setTimeout(resolve, 10));
    client.close();
    console.log(JSON.stringify({took, unasked}));
  })();
});
