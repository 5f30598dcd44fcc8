// SPDX-License-Identifier: Apache-2.0
/**
 * The cluster a kubeconfig file names, with every kind of login such a file allows (token, certificate, exec,
 * OIDC). The only importer of @kubernetes/client-node, and only when called: loading it costs 54 MB.
 * @module
 */

import { readFile } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import { SignetError } from '../errors.ts';
import type { Access, Cluster, TLSSettings } from './cluster.ts';
import { safeText } from './kube-error.ts';

export interface KubeconfigOptions {
  readonly path: string;
  /** The file's current context by default. */
  readonly context?: string;
}

/** The cluster of a kubeconfig file; ERR_CONFIG when the file, the context or its cluster can't be used. */
export async function fromKubeconfig(options: KubeconfigOptions): Promise<Cluster> {
  const load = loader(options);
  const config = await load(true);
  const cluster = config.getCurrentCluster();
  if (!cluster)
    throw problem(options, `context ${config.getCurrentContext()} names no cluster; choose another with --context`);
  if (cluster.proxyUrl)
    throw problem(options, 'proxy-url is not supported; remove it, or choose another context with --context');
  const url = URL.parse(cluster.server);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw problem(
      options,
      `server ${shown(cluster.server)} is not a URL; write one such as https://api.example.org:6443`,
    );
  return {
    server: cluster.server.replace(/\/+$/, ''),
    access: async (fresh) => {
      if (url.protocol === 'http:') return { tls: {} };
      const current = await load(fresh);
      try {
        return await accessOf(current);
      } catch (cause) {
        throw problem(
          options,
          `its login failed: ${cause instanceof Error ? cause.message : 'unknown error'}; log in again, or use another kubeconfig`,
        );
      }
    },
  };
}

/**
 * Gives the parsed file; parses again when its text changed, so that a rewritten login is taken up, and on
 * `fresh`, because credential plugins cache inside the parsed object.
 */
function loader(options: KubeconfigOptions): (fresh: boolean) => Promise<KubeConfig> {
  let text: string | undefined;
  let config: KubeConfig | undefined;
  return async function load(fresh: boolean): Promise<KubeConfig> {
    const { KubeConfig } = await import('@kubernetes/client-node');
    try {
      const now = await readFile(options.path, 'utf8');
      if (config !== undefined && now === text && !fresh) return config;
      const parsed = new KubeConfig();
      parsed.loadFromFile(options.path);
      if (options.context !== undefined) parsed.setCurrentContext(options.context);
      if (parsed.getContextObject(parsed.getCurrentContext()) === null)
        throw new Error('there is no such context; choose one of the file with --context');
      text = now;
      config = parsed;
      return parsed;
    } catch (cause) {
      throw problem(options, cause instanceof Error ? unquoted(cause) : 'unreadable');
    }
  };
}

/** The YAML parser quotes the lines around what it cannot read, and they may hold a token. */
function unquoted({ name, message }: Error): string {
  if (name !== 'YAMLException') return message;
  return `is not YAML: ${(message.split('\n')[0] ?? '').replaceAll(/"[^"]*"/gu, '"..."')}`;
}

/** Without the user and password that a URL may hold, although none should. */
function shown(server: string): string {
  return server.replace(/\/\/.*@/su, '//***@');
}

async function accessOf(config: KubeConfig): Promise<Access> {
  const login: RequestOptions = {};
  await config.applyToHTTPSOptions(login);
  const headers: Record<string, string> = {};
  let authorization = typeof login.auth === 'string' ? basicAuthorization(login.auth) : undefined;
  for (const [name, value] of Object.entries(login.headers ?? {})) {
    if (name.toLowerCase() === 'authorization') authorization = String(value);
    else headers[name] = String(value);
  }
  return { tls: tlsOf(login), headers, ...(authorization === undefined ? {} : { authorization }) };
}

function tlsOf(login: RequestOptions): TLSSettings {
  return {
    ...pemEntry('ca', login.ca),
    ...pemEntry('certificate', login.cert),
    ...pemEntry('privateKey', login.key),
    ...(login.servername === undefined ? {} : { serverName: login.servername }),
    ...(login.rejectUnauthorized === false ? { insecureSkipVerify: true } : {}),
  };
}

function pemEntry(name: 'ca' | 'certificate' | 'privateKey', value: unknown): Partial<TLSSettings> {
  if (typeof value === 'string') return { [name]: value };
  return Buffer.isBuffer(value) ? { [name]: value.toString('latin1') } : {};
}

function basicAuthorization(userAndPassword: string): string {
  return `Basic ${Buffer.from(userAndPassword).toString('base64')}`;
}

function problem(options: KubeconfigOptions, what: string): SignetError {
  const context = options.context === undefined ? '' : `, context ${options.context}`;
  return new SignetError('ERR_CONFIG', `kubeconfig ${options.path}${context}: ${safeText(what)}`);
}
