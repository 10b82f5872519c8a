/** The goals of brood, compared with the other supervisors of the same run. */
import type {Frames} from './frames.ts';
import type {Figures} from './measure.ts';
import type {Answers, Beside, ChannelTimes} from './measurements.ts';

export interface Judged {
  readonly what: string;
  readonly brood: string;
  readonly bar: string;
  /** Null if the peer of the comparison is not installed. */
  readonly met: boolean | null;
}

type Rows = ReadonlyMap<string, Figures>;

const ms = (value: number): string => `${value.toFixed(value < 100 ? 1 : 0)} ms`;
const mib = (value: number): string => `${value.toFixed(1)} MiB`;

function beside(
  what: string,
  rows: Rows,
  peer: string,
  share: number,
  figure: (of: Figures) => number | null,
  words: (value: number) => string,
): Judged {
  const own = rows.get('brood');
  const other = rows.get(peer);
  const value = own ? figure(own) : null;
  const their = other ? figure(other) : null;
  return {
    what,
    brood: value === null ? 'failed' : words(value),
    bar: `${share === 1 ? '' : `${share} x `}${peer} ${their === null ? '(missing)' : words(their)}`,
    met: their === null ? null : value !== null && value <= share * their,
  };
}

/** The limit for a response of the control socket, under any load. */
const ANSWER_MS = 50;

export const judgeAnswers = (answers: readonly Answers[]): Judged[] =>
  answers.map(({during, worst}) => ({
    what: `worst answer during ${during}`,
    brood: ms(worst),
    bar: ms(ANSWER_MS),
    met: worst <= ANSWER_MS,
  }));

export const judgeChannels = ({graph, lsof, endpoints}: ChannelTimes): Judged[] => [
  {
    what: 'channels with both ends',
    brood: ms(graph),
    bar: `1/5 x lsof -nP ${ms(lsof)}`,
    met: graph <= lsof / 5,
  },
  {
    what: 'channels with both ends',
    brood: ms(graph),
    bar: `1/10 x lsof -nPE ${ms(endpoints)}`,
    met: graph <= endpoints / 10,
  },
];

/** The limit for a frame of `brood top`, at the 99th percentile. */
const FRAME_MS = 5;
/** Less than a leak of one small object per refresh would add up to. */
const GROWN_BYTES = 1024 * 1024;

export const judgeTop = (beside: readonly Beside[], {frames, refreshes, early, late}: Frames): Judged[] => [
  ...beside.map(({what, brood, htop}) => ({
    what: `CPU, ${what}`,
    brood: `${brood.toFixed(2)} %`,
    bar: `htop ${htop.toFixed(2)} %`,
    met: brood <= htop,
  })),
  ...frames
    .filter(({isFrame}) => isFrame)
    .map(({what, p99}) => ({what: `${what}, p99`, brood: ms(p99), bar: ms(FRAME_MS), met: p99 <= FRAME_MS})),
  {
    what: `memory after ${refreshes} refreshes`,
    brood: `${((late - early) / 1024).toFixed(0)} KiB more than after ${refreshes / 10}`,
    bar: `${GROWN_BYTES / 1024} KiB`,
    met: late - early <= GROWN_BYTES,
  },
];

/** Returns one line per goal, for one number of workers. */
export function judge(n: number, rows: Rows): Judged[] {
  const own = rows.get('brood');
  if (!own) return [];
  const perWorker = ({storm, n: workers}: Figures): number | null => (storm === null ? null : storm / workers);
  const memory =
    n <= 100
      ? beside('memory (PSS)', rows, 'pm2', 1, ({pss}) => pss, mib)
      : beside('memory (PSS)', rows, 's6', 0.8, ({pss}) => pss, mib);
  return [
    beside('all up', rows, 's6', 0.8, ({up}) => up, ms),
    beside('restart, median', rows, 'runit', 0.8, ({restart}) => restart, ms),
    beside('storm, per worker', rows, 'runit', 1, perWorker, value => `${value.toFixed(2)} ms`),
    memory,
    beside('stop', rows, 's6', 1, ({stop}) => stop, ms),
    {what: 'workers left after stop', brood: String(own.left), bar: '0', met: own.left === 0},
    {
      what: 'brood ps',
      brood: own.list === null ? 'failed' : ms(own.list),
      bar: `2 x node -e 0 ${ms(own.bareNode)}`,
      met: own.list !== null && own.list <= 2 * own.bareNode,
    },
    {what: 'idle', brood: `${own.idle.toFixed(2)} %`, bar: '< 0.3 %', met: own.idle < 0.3},
  ];
}
