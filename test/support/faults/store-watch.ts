// SPDX-License-Identifier: Apache-2.0
/**
 * A watch on etcd itself: every version of everything that is stored, in the one order in which it was stored. API
 * servers come and go behind it, and it misses nothing.
 * @module
 */
import { type IncomingMessage, request } from 'node:http';

/** One write, as etcd tells of it. */
export interface StoredVersion {
  /** Such as /registry/secrets/shop/checkout-svid. */
  readonly key: string;
  readonly revision: number;
  /** When we heard of it, in Unix time. */
  readonly at: number;
  /** Undefined: it was deleted. */
  readonly value: Buffer | undefined;
}

export interface StoreWatch {
  readonly problems: readonly string[];
  stop(): void;
}

interface Answer {
  readonly error?: unknown;
  readonly result?: {
    readonly canceled?: boolean;
    readonly events?: readonly {
      readonly type?: string;
      readonly kv: { readonly key: string; readonly mod_revision: string; readonly value?: string };
    }[];
  };
}

/** Resolves once etcd has taken the watch on all of /registry/. */
export async function watchStore(socketPath: string, tell: (version: StoredVersion) => void): Promise<StoreWatch> {
  const problems: string[] = [];
  let stopped = false;
  const call = request({ socketPath, path: '/v3/watch', method: 'POST', agent: false });
  const range = { key: encoded('/registry/'), range_end: encoded('/registry0') };
  call.write(JSON.stringify({ create_request: range }));
  const fail = (what: string): void => {
    if (!stopped) problems.push(`the watch on etcd ${what}`);
  };
  // The stream of requests stays open: etcd would take its end for the end of the watch.
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    call.once('response', resolve);
    call.once('error', reject);
  });
  call.on('error', (error) => fail(`broke: ${error.message}`));
  answer.on('error', (error) => fail(`broke: ${error.message}`));
  answer.on('end', () => fail('ended'));
  const taken = Promise.withResolvers<void>();
  let rest: Buffer[] = [];
  answer.on('data', (chunk: Buffer) => {
    const at = Date.now();
    for (let from = 0; ; ) {
      const end = chunk.indexOf(10, from);
      rest.push(chunk.subarray(from, end === -1 ? undefined : end));
      if (end === -1) break;
      const line = Buffer.concat(rest).toString('utf8');
      rest = [];
      from = end + 1;
      const { error, result } = JSON.parse(line) as Answer;
      if (error !== undefined || result?.canceled === true) fail(`was refused: ${line.slice(0, 200)}`);
      taken.resolve();
      for (const { type, kv } of result?.events ?? []) {
        const value = type === 'DELETE' ? undefined : Buffer.from(kv.value ?? '', 'base64');
        const key = Buffer.from(kv.key, 'base64').toString('utf8');
        tell({ key, revision: Number(kv.mod_revision), at, value });
      }
    }
  });
  await taken.promise;
  return {
    problems,
    stop: () => {
      stopped = true;
      call.destroy();
    },
  };
}

function encoded(text: string): string {
  return Buffer.from(text).toString('base64');
}
