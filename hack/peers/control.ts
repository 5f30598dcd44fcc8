// SPDX-License-Identifier: Apache-2.0
/**
 * What every peer of the handshake lab is told and tells: orders `connect <id> <host> <port> <name>` on stdin, one JSON
 * report a line on stdout. The Go and Java peers speak the same.
 * @module
 */
import { realpathSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';

/** An order to shake hands with a server; `name` is the DNS name its certificate must have. */
export interface Order {
  readonly id: number;
  readonly host: string;
  readonly port: number;
  readonly name: string;
}

/** How a handshake ended for one side: `version` names the files it had; no error: bytes were echoed both ways. */
export interface Ending {
  readonly version: string;
  readonly error?: string;
}

/** A line of stdout: where the server listens, how an order ended, or why the server refused somebody. */
export type Report =
  | { readonly listening: number }
  | (Ending & { readonly id: number })
  | { readonly refused: string; readonly version: string };

/** The files of one moment. */
export interface IdentityFiles {
  readonly version: string;
  readonly certificate: string;
  readonly key: string;
  readonly anchors: string;
}

/** The paths of tls.crt, tls.key and ca.crt as the link `current` of the directory has them now, all of one moment. */
export function currentFiles(directory: string): IdentityFiles {
  const folder = realpathSync(path.join(directory, 'current'));
  return {
    version: path.basename(folder),
    certificate: path.join(folder, 'tls.crt'),
    key: path.join(folder, 'tls.key'),
    anchors: path.join(folder, 'ca.crt'),
  };
}

export function report(line: Report): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** Carries out orders until stdin ends; then the process ends, whatever is still going on. */
export function obey(connect: (order: Order) => Promise<Ending>, end: () => void = () => undefined): void {
  const lines = createInterface({ input: process.stdin });
  lines.on('line', (line) => {
    const [verb, id, host = '', port, name = ''] = line.split(' ');
    if (verb !== 'connect') throw new Error(`Not an order: ${line}`);
    const order = { id: Number(id), host, port: Number(port), name };
    connect(order).then(
      (ending) => report({ id: order.id, ...ending }),
      (error: unknown) => report({ id: order.id, version: '', error: String(error) }),
    );
  });
  lines.on('close', () => {
    end();
    process.exit(0);
  });
}

/** The directory named on the command line. */
export function directoryArgument(): string {
  const [directory] = process.argv.slice(2);
  if (directory === undefined) throw new Error(`Usage: ${path.basename(process.argv[1] ?? '')} <directory>`);
  return directory;
}
