// SPDX-License-Identifier: Apache-2.0
/**
 * Kubeconfig files: refused with ERR_CONFIG alone, in words that hold nothing secret of the file, or a server that the
 * transport can be made of. Logins that start programs or ask the network are not followed.
 * @module
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isSignetError } from '../../../src/errors.ts';
import type { Cluster } from '../../../src/kube/cluster.ts';
import { fromKubeconfig } from '../../../src/kube/kubeconfig.ts';
import { outcome, plainWords, promise, promiseSame, type Target } from '../target.ts';

/** Stands in the corpus wherever a secret does. */
const SECRET = 'hunter2';
const SECRET_FIELD =
  /^[ \t]*-?[ \t]*"?(?:token|password|client-key-data|username)"?[ \t]*:(?:[ \t]*\n)*[^\n]*hunter2/gmu;
/** Programs, the network, and files without end. */
const NOT_FOLLOWED = /exec|auth-?provider|\/(dev|proc|sys)\b|\\[ux]/iu;

export const target: Target = {
  quick: 50,
  tokens: [
    'server: ',
    'https://',
    'http://',
    '- ',
    ': ',
    '\n',
    '  ',
    '[',
    ']',
    '{',
    '}',
    '&a ',
    '*a',
    '<<: ',
    '!!binary ',
    '|\n',
  ].concat(
    [
      '>\n',
      '"',
      "'",
      '#',
      '---\n',
      '...\n',
      '? ',
      '!!js/undefined ',
      '~',
      '\t',
      'proxy-url: ',
      'tls-server-name: ',
      'token: hunter2',
      'as: ',
    ],
    [
      'insecure-skip-tls-verify: true',
      'password: hunter2',
      'client-key-data: hunter2',
      '%',
      'user:pass@',
      ':99999',
      '[::1]',
      '__proto__',
    ],
  ),
  feed: async (input) => {
    const directory = mkdtempSync(path.join(tmpdir(), 'signet-fuzz-'));
    try {
      const file = path.join(directory, 'config');
      writeFileSync(file, input);
      const text = input.toString('utf8');
      return [await feedFile(text, file), await feedName(text, directory)].join('; ');
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
};

async function feedFile(text: string, at: string): Promise<string> {
  const cluster = await fromKubeconfig({ path: at }).catch((error: unknown) => refusal(error, text));
  if (typeof cluster === 'string') return cluster;
  const url = new URL(cluster.server);
  promise(/^https?:$/u.test(url.protocol), 'a server is an HTTP one');
  if (NOT_FOLLOWED.test(text)) return 'not followed';
  return outcome(url.protocol, url.pathname === '/', await feedAccess(cluster, text));
}

async function feedAccess(cluster: Cluster, text: string): Promise<string> {
  const access = await cluster.access(false).catch((error: unknown) => refusal(error, text));
  if (typeof access === 'string') return access;
  const { tls, authorization, headers = {} } = access;
  const { insecureSkipVerify, ...texts } = tls;
  for (const [name, value] of Object.entries({ ...texts, ...headers, authorization: authorization ?? '' }))
    promiseSame(typeof value, 'string', `${name} is a text`);
  return outcome(
    Object.keys(tls).join(' '),
    insecureSkipVerify,
    authorization?.split(' ')[0],
    Object.keys(headers).length,
  );
}

/** The text as the name of a file that is not there. */
async function feedName(text: string, directory: string): Promise<string> {
  const name = text.split('\n')[0]?.replaceAll('/', '') ?? '';
  if (name === 'config') return 'there';
  const missing = fromKubeconfig({ path: path.join(directory, name, '.'), context: name });
  return missing.then(
    () => {
      throw new Error('broken promise: a file that is not there names no cluster');
    },
    (error: unknown) => {
      if (!isSignetError(error, 'ERR_CONFIG')) throw error;
      return /\bE[A-Z]{3,}/u.exec(error.message)?.[0] ?? 'no name';
    },
  );
}

function refusal(error: unknown, text: string): string {
  if (!isSignetError(error, 'ERR_CONFIG')) throw error;
  const { message } = error;
  promise(!/\p{Cc}/u.test(message), 'a refusal is one line');
  const secrets = text.split(SECRET).length - 1;
  const fields = text.match(SECRET_FIELD)?.length ?? 0;
  // Where it stands elsewhere as well, it may be the name of a context.
  promise(secrets !== fields || !message.includes(SECRET), 'a refusal holds nothing secret of the file');
  const [, told = ''] = /\/config: ([^]*)$/u.exec(message) ?? [];
  return plainWords(told);
}
