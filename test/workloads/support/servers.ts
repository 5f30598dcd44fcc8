// SPDX-License-Identifier: Apache-2.0
/**
 * Runs the examples: each server as a process of this machine, with the configuration and the script of its example.
 * @module
 */
import { chmod, chown, mkdir, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { runCommand } from '../../../hack/controlplane/command.ts';
import { freePort } from '../../../hack/controlplane/ports.ts';
import { logTail, type Program, Supervisor } from '../../../hack/controlplane/process.ts';
import { buildCached } from '../../../hack/judges/build-cache.ts';
import { type Place, place, type Recipe } from './examples.ts';
import { FS_GROUP, inPod, type Programs } from './programs.ts';

const EXAMPLES = path.resolve(import.meta.dirname, '../../../examples');
const NODE_SERVICE = path.join(EXAMPLES, 'node-service');
const JVM_FLAGS = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xmx128m', '-Xshare:auto'];
const PATIENCE_MS = 60_000;
const LOOK_EVERY_MS = 50;

const NGINX: Recipe = {
  name: 'nginx',
  files: ['nginx.conf', 'peers.js', 'run.sh'],
  listen: [['listen 8443', 'listen 127.0.0.1:0']],
};
const HAPROXY: Recipe = {
  name: 'haproxy',
  files: ['haproxy.cfg', 'run.sh'],
  listen: [['bind :8443', 'bind 127.0.0.1:0']],
};
const POSTGRESQL: Recipe = {
  name: 'postgresql',
  files: ['postgresql.conf', 'pg_hba.conf', 'pg_ident.conf', 'init.sql', 'run.sh'],
  listen: [
    ['port = 5432', 'port = 0'],
    ["listen_addresses = '*'", "listen_addresses = '127.0.0.1'"],
  ],
};
const REDIS: Recipe = {
  name: 'redis',
  files: ['redis.conf', 'users.acl', 'run.sh'],
  listen: [['tls-port 6379', 'tls-port 0']],
};

export interface Server {
  readonly port: number;
  readonly program: Program;
}

/** Starts what is asked for; everything ends with `close`. */
export class Servers {
  readonly #directory: string;
  readonly #programs: Programs;
  readonly #supervisor: Supervisor = Supervisor.create();
  #built = '';
  #started = 0;

  constructor(directory: string, programs: Programs) {
    this.#directory = directory;
    this.#programs = programs;
    this.#supervisor.removeAtEnd(directory);
  }

  /** Compiles the services in Go and Java. */
  async build(): Promise<void> {
    this.#built = await buildCached({
      name: 'examples',
      title: 'the services of examples/',
      go: { folder: path.join(EXAMPLES, 'go-service'), output: 'go-service', note: '' },
      java: { folder: path.join(EXAMPLES, 'java-service'), source: 'Service.java' },
    });
  }

  async close(): Promise<void> {
    await this.#supervisor.close();
  }

  nginx(mount: string, upstreamPort: number): Promise<Server> {
    return this.#configured(NGINX, { mount, upstreamPort }, ({ etc }) => ['/bin/sh', path.join(etc, 'run.sh')]);
  }

  haproxy(mount: string, upstreamPort: number): Promise<Server> {
    return this.#configured(HAPROXY, { mount, upstreamPort }, ({ etc }) => ['/bin/sh', path.join(etc, 'run.sh')]);
  }

  redis(mount: string): Promise<Server> {
    const around = { mount, upstreamPort: 0 };
    return this.#configured(REDIS, around, ({ etc }) => ['/bin/sh', path.join(etc, 'run.sh')]);
  }

  postgresql(mount: string): Promise<Server> {
    const { postgres, initdb } = this.#programs;
    return this.#configured(POSTGRESQL, { mount, upstreamPort: 0 }, async ({ etc, run }) => {
      const data = path.join(run, 'data');
      const make = [initdb, '--pgdata', data, '--username=postgres', '--auth=peer', '--encoding=UTF8', '--no-sync'];
      await this.#run(make);
      await this.#run(
        [postgres, '--single', '-D', data, 'postgres'],
        await readFile(path.join(etc, 'init.sql'), 'utf8'),
      );
      const config = `config_file=${path.join(etc, 'postgresql.conf')}`;
      const server = [postgres, '-D', data, '-c', config];
      return ['env', `PGDATA=${data}`, '/bin/sh', path.join(etc, 'run.sh'), ...server];
    });
  }

  node(mount: string): Promise<Server> {
    const script = path.join(NODE_SERVICE, 'server.ts');
    return this.#listening('node-service', [process.execPath, script, `--identity=${mount}`, '--port=0']);
  }

  go(mount: string): Promise<Server> {
    return this.#listening('go-service', [this.#goService(), `-identity=${mount}`, '-listen=127.0.0.1:0']);
  }

  java(mount: string): Promise<Server> {
    return this.#listening('java-service', [...this.#javaService(), mount, 'serve', '127.0.0.1', '0']);
  }

  /** The client of examples/node-service: once, or again and again. */
  nodeClient(mount: string, port: number, every?: number): Promise<Program> {
    const script = path.join(NODE_SERVICE, 'client.ts');
    const command = [process.execPath, script, `--identity=${mount}`, `--connect=127.0.0.1:${port}`];
    return this.#start('node-client', every === undefined ? command : [...command, `--every=${every}`]);
  }

  goClient(mount: string, port: number, name: string, every = 0): Promise<Program> {
    const target = [`-connect=127.0.0.1:${port}`, `-server-name=${name}`, `-every=${every}ms`];
    return this.#start('go-client', [this.#goService(), `-identity=${mount}`, ...target]);
  }

  /** `hosts` says where its server is, in the form of /etc/hosts. */
  javaClient(mount: string, url: string, hosts: string, every = 0): Promise<Program> {
    const [java = '', ...flags] = this.#javaService();
    return this.#start('java-client', [
      java,
      `-Djdk.net.hosts.file=${hosts}`,
      ...flags,
      mount,
      'call',
      url,
      String(every),
    ]);
  }

  #goService(): string {
    return path.join(this.#built, 'go-service');
  }

  #javaService(): string[] {
    return ['java', ...JVM_FLAGS, '-cp', path.join(this.#built, 'java'), 'Service'];
  }

  async #configured(
    recipe: Recipe,
    around: { readonly mount: string; readonly upstreamPort: number },
    command: (place: Place) => readonly string[] | Promise<readonly string[]>,
  ): Promise<Server> {
    this.#started += 1;
    const directory = path.join(this.#directory, `${recipe.name}-${this.#started}`);
    await mkdir(directory);
    const port = await freePort();
    const placed = await place(recipe, { ...around, directory, port });
    const program = await this.#start(recipe.name, inPod(this.#programs, await command(placed)));
    await this.#until(program, () => accepts(port));
    return { port, program };
  }

  async #listening(name: string, command: readonly string[]): Promise<Server> {
    const program = await this.#start(name, command);
    let port = 0;
    await this.#until(program, async () => {
      const line = (await logEntries(program)).find(({ message }) => message === 'Listening');
      port = Number(line?.['port'] ?? (line?.['address'] as { port?: number } | undefined)?.port ?? 0);
      return port > 0;
    });
    return { port, program };
  }

  #start(name: string, [command = '', ...args]: readonly string[]): Promise<Program> {
    this.#started += 1;
    const logFile = path.join(this.#directory, 'logs', `${this.#started}-${name}.log`);
    const { PATH, HOME } = process.env;
    return this.#supervisor.start({ name, command, args, environment: { PATH, HOME }, logFile, cwd: '/' });
  }

  async #run(command: readonly string[], input?: string): Promise<void> {
    const [program = '', ...args] = inPod(this.#programs, command);
    await runCommand(program, args, { cwd: '/', ...(input === undefined ? {} : { input }) });
  }

  async #until(program: Program, ready: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    while (!(await ready())) {
      const ended = program.exit() !== undefined;
      if (!ended && performance.now() < deadline) await pause(LOOK_EVERY_MS);
      else throw new Error(`${program.name} does not serve:\n${logTail(program.logFile, 40)}`);
    }
  }
}

/** A private folder that the account of the pods can look into. */
export async function openToPods(directory: string): Promise<void> {
  if (FS_GROUP === undefined) return;
  await chown(directory, -1, FS_GROUP);
  await chmod(directory, 0o750);
}

/** What a program logged: one JSON object a line; other lines are left out. */
export async function logEntries({ logFile }: Program): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const lines = (await readFile(logFile, 'utf8')).split('\n');
  return lines.filter((line) => line.startsWith('{') && line.endsWith('}')).map((line) => JSON.parse(line));
}

function accepts(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(port, '127.0.0.1');
  socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
  return promise.finally(() => socket.destroy());
}
