/**
 * Finds the calls in the sources that change anything outside the process. It goes by the types of the callees, not by
 * a list of places: any function of Node, of a package or of posix/ counts, unless it is listed as a query. So new code
 * is covered as well.
 */
import ts from 'typescript';
import {dirname, relative, resolve} from 'node:path';

/** A place in the sources that changes something outside the process, or is notified of a change. */
export interface Site {
  /** Such as `src/keeper/runs/record.ts:41:14`. */
  readonly at: string;
  /** Such as `fs.openSync`. */
  readonly callee: string;
  /** The effect ends with the process, so no other process can see whether it has taken place. */
  readonly local: boolean;
}

/** A text to insert into a source at a position. */
interface Insertion {
  readonly at: number;
  readonly text: string;
  /** Closing texts precede others at the same position. */
  readonly closes: boolean;
}

export interface Instrumented {
  readonly sites: readonly Site[];
  /** The source with a crash point at each site. */
  readonly text: string;
}

const everything = (): boolean => true;
const names = (...all: string[]): ((name: string) => boolean) => {
  const set = new Set(all);
  return name => set.has(name);
};

/**
 * By module of Node (as its types are named) or package: functions that are queries, or change only the process's
 * memory.
 */
const ASKS: Readonly<Record<string, (name: string) => boolean>> = {
  assert: everything,
  buffer: everything,
  'buffer.buffer': everything,
  crypto: everything,
  events: everything,
  'inspector.generated': everything,
  koffi: everything,
  module: everything,
  path: everything,
  perf_hooks: everything,
  string_decoder: everything,
  timers: everything,
  'timers/promises': everything,
  url: everything,
  util: everything,
  yaml: everything,
  zlib: everything,
  fs: names(
    ...[
      'accessSync',
      'existsSync',
      'fstat',
      'fstatSync',
      'lstatSync',
      'readdirSync',
      'read',
      'readFileSync',
      'readlinkSync',
      'readSync',
    ],
    ...['realpathSync', 'statSync', 'isDirectory', 'isFile', 'isSocket', 'isSymbolicLink', 'createReadStream', 'watch'],
  ),
  'fs/promises': names('access', 'readdir', 'readFile', 'realpath', 'stat', 'lstat', 'read'),
  net: names(
    'createServer',
    'isIP',
    'isIPv4',
    'isIPv6',
    'pause',
    'ref',
    'resume',
    'setEncoding',
    'setTimeout',
    'unref',
  ),
  stream: names('setEncoding', 'pause', 'resume'),
  child_process: names('ref', 'unref'),
  os: name => name !== 'setPriority',
  process: names('bigint', 'cwd', 'getegid', 'geteuid', 'getgid', 'getuid', 'hrtime', 'memoryUsage', 'uptime'),
  posix: names(
    ...['bytesInPipe', 'catchSignals', 'closeDebugger', 'daemonFlags', 'deliverTo', 'endOfPidfd', 'openFilesLimit'],
    ...['peek', 'peekEnded', 'peerCredentials', 'signalName', 'signalNumber', 'isHeldUp', 'isReachable', 'isUnixPath'],
    ...[
      'pathOf',
      'socketFolderOf',
      'socketFolders',
      'isOwnSocketFolder',
      'isDescriptorQueue',
      'isPipeHeldUp',
      'messagesIn',
    ],
    ...['endOfStatus', 'lookIntoPipe', 'MountChanges', 'noteWork', 'peekDescriptors', 'withPoolOf'],
    ...['fetchRefusal', 'pidfdInfoRefusal', 'pidfdRefusals', 'readNow', 'spliceRefusal', 'subreaperRefusal'],
  ),
};

/** Effects that end with the process. */
const LOCAL = new Set([
  ...['posix.Epoll', 'posix.add', 'posix.arm', 'posix.remove', 'posix.close', 'posix.openPidfd', 'posix.seekToEnd'],
  ...['posix.setOpenFilesLimit', 'posix.closeOnExecFrom', 'posix.resetRealtimeSignals', 'posix.nextStopped'],
  ...['posix.keepOnExec', 'posix.Mover', 'posix.openElsewhere', 'posix.openRest', 'posix.followOutput'],
  ...['posix.closePipe', 'posix.closeSocket', 'posix.writeError', 'process.umask', 'net.Socket'],
]);

const CLOSES = new Set(['fs.close', 'fs.closeSync', 'fs/promises.close']);

/** Functions without an effect of their own; their callbacks run when something has happened. */
const LISTENS = names('on', 'once', 'addListener', 'prependListener');

const NODE_TYPES = /\/@types\/node\/(.+)\.d\.[cm]?ts$/;
const POSIX = '/src/posix/';

/** Returns the module that declares the callee, or null for the program's own code and the language's. */
function moduleOf(file: string, caller: string): string | null {
  const node = NODE_TYPES.exec(file)?.[1];
  if (node !== undefined) return node.startsWith('web-globals/') ? null : node;
  if (file.includes(POSIX)) return caller.includes(POSIX) ? null : 'posix';
  const inPackages = file.lastIndexOf('/node_modules/');
  if (inPackages < 0) return null;
  const [scope = '', name = ''] = file.slice(inPackages + '/node_modules/'.length).split('/');
  if (scope === 'typescript' || scope === '@types') return null;
  return scope.startsWith('@') ? `${scope}/${name}` : scope;
}

/** Whether the call opens a file only for reading. */
function opensToRead(name: string, args: readonly ts.Expression[]): boolean {
  if (name !== 'openSync' && name !== 'open') return false;
  const [, flags] = args;
  return flags === undefined || (ts.isStringLiteral(flags) && flags.text === 'r');
}

function nameOf(call: ts.CallExpression | ts.NewExpression): string {
  const callee = call.expression;
  if (ts.isPropertyAccessExpression(callee)) return callee.name.text;
  return ts.isIdentifier(callee) ? callee.text : 'call';
}

/** Returns the name in the declaration, whatever the alias at the call. */
function declaredName(declaration: ts.SignatureDeclaration | ts.JSDocSignature | undefined): string | null {
  const named = declaration && ts.isArrowFunction(declaration) ? declaration.parent : declaration;
  const name = named && 'name' in named ? named.name : undefined;
  return name && typeof name === 'object' && ts.isIdentifier(name as ts.Node) ? (name as ts.Identifier).text : null;
}

/** Returns the whole optional chain: `a?.b()` in `a?.b().c` can't be replaced without its rest. */
function wholeChain(node: ts.Expression): ts.Expression {
  let whole = node;
  while (whole.flags & ts.NodeFlags.OptionalChain) {
    const {parent} = whole;
    const goesOn =
      (ts.isPropertyAccessExpression(parent) || ts.isElementAccessExpression(parent) || ts.isCallExpression(parent)) &&
      parent.expression === whole &&
      parent.flags & ts.NodeFlags.OptionalChain;
    if (!goesOn) break;
    whole = parent;
  }
  return whole;
}

/** Finds the sites of a program's sources, and inserts crash points at them. */
export class Effects {
  readonly #root: string;
  readonly #program: ts.Program;
  readonly #checker: ts.TypeChecker;

  /**
   * @param files the paths of the sources
   * @param host for sources that are on no disk (tests)
   */
  constructor(root: string, files: readonly string[], options: ts.CompilerOptions, host?: ts.CompilerHost) {
    this.#root = root;
    this.#program = ts.createProgram({rootNames: files, options, ...(host ? {host} : {})});
    this.#checker = this.#program.getTypeChecker();
  }

  /** Reads the sources of a project from its tsconfig.json; `change` may replace their texts. */
  static ofProject(configPath: string, change: (path: string, text: string) => string): Effects {
    const root = dirname(configPath);
    const read: unknown = ts.readConfigFile(configPath, path => ts.sys.readFile(path)).config;
    const {options, fileNames} = ts.parseJsonConfigFileContent(read, ts.sys, root);
    const host = ts.createCompilerHost(options);
    const readFile = host.readFile.bind(host);
    const sources = resolve(root, 'src') + '/';
    host.readFile = path => {
      const text = readFile(path);
      return text === undefined || !path.startsWith(sources) ? text : change(relative(root, path), text);
    };
    return new Effects(
      root,
      fileNames.filter(name => name.startsWith(sources)),
      options,
      host,
    );
  }

  /** @param firstId the number of the file's first site */
  instrument(path: string, firstId: number): Instrumented {
    const source = this.#program.getSourceFile(path);
    if (!source) throw new Error(`${path} is none of the program's sources`);
    const sites: Site[] = [];
    const insertions: Insertion[] = [];
    const insert = (at: number, text: string, closes = false): void => void insertions.push({at, text, closes});

    const mark = (call: ts.CallExpression | ts.NewExpression): void => {
      const callee = this.#effectOf(call);
      if (callee === null) return;
      const id = firstId + sites.length;
      const {line, character} = source.getLineAndCharacterOfPosition(call.getStart());
      const listens = LISTENS(nameOf(call));
      const functions = (call.arguments ?? []).filter(one => ts.isArrowFunction(one) || ts.isFunctionExpression(one));
      if (listens && functions.length === 0) return;
      sites.push({at: `${relative(this.#root, path)}:${line + 1}:${character + 1}`, callee, local: LOCAL.has(callee)});
      if (!listens) {
        const whole = wholeChain(call);
        insert(whole.getStart(), `(__crash.before(${id}),__crash.after(${id},`);
        insert(whole.getEnd(), '))', true);
      }
      for (const callback of functions) {
        insert(callback.getStart(), `__crash.called(${id},`);
        insert(callback.getEnd(), ')', true);
      }
    };
    const visit = (node: ts.Node): void => {
      if (ts.isCallExpression(node) || ts.isNewExpression(node)) mark(node);
      ts.forEachChild(node, visit);
    };
    visit(source);
    // A file that only closes is one that has opened files for reading.
    if (sites.every(({callee}) => CLOSES.has(callee))) return {sites: [], text: source.text};
    return {sites, text: sites.length === 0 ? source.text : withImport(put(source.text, insertions))};
  }

  /** Returns a name such as `fs.openSync` for a call that changes something or listens, or null for any other. */
  #effectOf(call: ts.CallExpression | ts.NewExpression): string | null {
    const declaration = this.#checker.getResolvedSignature(call)?.declaration;
    const module = moduleOf(declaration?.getSourceFile().fileName ?? '', call.getSourceFile().fileName);
    if (module === null) return null;
    const name = declaredName(declaration) ?? nameOf(call);
    if (!LISTENS(name) && ((ASKS[module]?.(name) ?? false) || opensToRead(name, call.arguments ?? []))) return null;
    return `${module}.${name}`;
  }
}

/** Inserts the texts so that enclosing texts remain outermost. */
function put(text: string, insertions: readonly Insertion[]): string {
  // Outer nodes were visited before inner ones: at one position they open first, and close last.
  const inOrder = insertions
    .map((insertion, index) => ({...insertion, index}))
    .sort((a, b) => {
      if (a.at !== b.at) return a.at - b.at;
      if (a.closes !== b.closes) return a.closes ? -1 : 1;
      return a.closes ? b.index - a.index : a.index - b.index;
    });
  let result = '';
  let done = 0;
  for (const {at, text: inserted} of inOrder) {
    result += text.slice(done, at) + inserted;
    done = at;
  }
  return result + text.slice(done);
}

/** Adds the import to the first line, so that all lines keep their numbers. */
function withImport(text: string): string {
  const statement = "import {__crash} from 'crash:runtime';";
  const shebang = /^#!.*\n/.exec(text)?.[0] ?? '';
  return `${shebang}${statement} ${text.slice(shebang.length)}`;
}
