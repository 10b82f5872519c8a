/** A file that uses every key. */
export const EXAMPLE = `fleet: shop
workers:
  db:
    run: postgres -D data            # a comment
    ready: {tcp: 5432, timeout: 30s}
  web:
    run: [node, server.js]
    cwd: web
    env: {PORT: "3000"}
    env_file: .env
    env_inherit: true
    instances: 4
    after: [db]
    requires: []
    restart: always
    success: [0, SIGTERM]
    backoff: {first: 0s, initial: 100ms, factor: 2, max: 30s, jitter: 20%, reset_after: 10s}
    give_up: {restarts: 10, within: 60s}
    stop: {signal: SIGTERM, timeout: 10s}
    ready: {notify: true}
    health: {http: 'http://127.0.0.1:3000/health', every: 5s, timeout: 1s, failures: 3}
    watchdog: 10s
    alarm: 5m
    max_runtime: 1h
    nice: 5
    limits: {nofile: 4096, core: 0, memory: 512MiB, cpu: 50%}
    user: www-data
    umask: "027"
    schedule: '*/5 * * * *'
    watch: [src/]
    watch_ignore: ['*.log']
    logs: {max_size: 50MiB, max_age: 7d, keep: 10, compress: true}
    zombies: report
    orphans: keep
    channels: [http, jobs]
    hooks: {exit: './notify.sh', failed: './page.sh'}
groups:
  backend: {strategy: one-for-all, members: [db, web], give_up: {restarts: 3, within: 30s}}
channels:
  http:    {socket: 127.0.0.1:8080}
  jobs:    {queue: {capacity: 100, durable: true, redeliver: true}}
  feed:    {pipe: {from: producer, to: consumer}}
  slots:   {semaphore: 5}
  db-lock: {lock: true}
  go:      {event: true}
  frame:   {shm: 4MiB}
`;
