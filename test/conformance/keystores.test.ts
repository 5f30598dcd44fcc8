// SPDX-License-Identifier: Apache-2.0
/**
 * The PKCS#12 files of every key algorithm, opened by programs that know nothing of us: openssl, keytool, a running JVM
 * that shakes hands with them, and Node's own TLS. The matrix of docs/formats.md.
 * @module
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { requireTool } from '../../hack/judges/toolchain.ts';
import { mintSVID } from '../../src/pki/mint.ts';
import { encodePEM } from '../../src/pki/pem.ts';
import { keyStoreFiles } from '../../src/reconcilers/service-identity/keystores.ts';
import { DAY, HOUR } from '../../src/time.ts';
import { ALGORITHMS, anAuthority } from './support/authorities.ts';

const run = promisify(execFile);
const PASSWORD = 'correct horse "battery" $taple';
const JVM_PROGRAM = join(import.meta.dirname, '../../hack/judges/keystores/KeyStores.java');
const MODERN = /PBES2, PBKDF2, AES-256-CBC, Iteration 10000, PRF hmacWithSHA256/u;

let folder = '';
const leaves = new Map<string, Buffer>();

beforeAll(async () => {
  await Promise.all([requireTool('openssl'), requireTool('java')]);
  folder = await mkdtemp(join(tmpdir(), 'signet-keystores-'));
  const now = Math.floor(Date.now() / 1000) * 1000;
  const times = { notBefore: now - DAY, rootEnds: now + 365 * DAY, intermediateEnds: now + 30 * DAY };
  const [{ issuer }, other] = await Promise.all([anAuthority(times), anAuthority(times)]);
  // Two anchors, as during a rotation.
  const anchors = [...issuer.anchors, ...other.issuer.anchors];
  for (const algorithm of ALGORITHMS) {
    const request = { dnsNames: ['localhost'], subject: 'Empty', algorithm, ttl: HOUR } as const;
    const svid = await mintSVID(issuer, { spiffeID: 'spiffe://example.org/ns/shop/sa/checkout', ...request }, now);
    leaves.set(algorithm, encodePEM('CERTIFICATE', svid.certificate.der));
    const files = await keyStoreFiles(svid, anchors, Buffer.from(PASSWORD));
    for (const [name, file] of files) await writeFile(join(folder, `${algorithm}.${name}`), file);
  }
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

function fileOf(algorithm: string, name: 'keystore' | 'truststore'): string {
  return join(folder, `${algorithm}.${name}.p12`);
}

async function openssl(file: string, ...more: string[]): Promise<{ stdout: string; stderr: string }> {
  return await run('openssl', ['pkcs12', '-in', file, '-passin', `pass:${PASSWORD}`, ...more]);
}

async function keytool(algorithm: string, name: 'keystore' | 'truststore'): Promise<string> {
  const store = ['-keystore', fileOf(algorithm, name), '-storetype', 'PKCS12', '-storepass', PASSWORD];
  return (await run('keytool', ['-J-Duser.language=en', '-list', '-v', ...store])).stdout;
}

describe.each(ALGORITHMS)('%s', (algorithm) => {
  test('openssl opens the key store, and finds the key of the leaf and the chain', async () => {
    const { stdout, stderr } = await openssl(fileOf(algorithm, 'keystore'), '-nodes', '-info');
    expect(stderr).toContain('MAC: sha256, Iteration 10000');
    expect(stderr.match(new RegExp(MODERN, 'gu'))).toHaveLength(2);
    expect(stderr).not.toMatch(/RC2|3DES|SHA1|sha1/u);
    expect(stdout.match(/BEGIN CERTIFICATE/gu)).toHaveLength(2);
    expect(stdout).toContain(leaves.get(algorithm)?.toString('latin1').trim());
    expect(stdout).toContain('friendlyName: svid');
    const [key = ''] = /-----BEGIN PRIVATE KEY-----[^]*END PRIVATE KEY-----/u.exec(stdout) ?? [];
    // Throws where the key is not that of the certificate.
    expect(() => createSecureContext({ key, cert: leaves.get(algorithm) })).not.toThrow();
  });

  test('openssl opens the trust store', async () => {
    const { stdout } = await openssl(fileOf(algorithm, 'truststore'), '-nokeys');
    expect(stdout.match(/BEGIN CERTIFICATE/gu)).toHaveLength(2);
    expect(stdout.match(/friendlyName: anchor-/gu)).toHaveLength(2);
  });

  test('openssl refuses another password', async () => {
    const refused = run('openssl', ['pkcs12', '-in', fileOf(algorithm, 'keystore'), '-passin', 'pass:wrong', '-nodes']);
    await expect(refused).rejects.toThrow(/invalid password/u);
  });

  test('keytool lists one key with its chain, and the anchors', async () => {
    const keys = await keytool(algorithm, 'keystore');
    expect(keys).toMatch(/Your keystore contains 1 entry/u);
    expect(keys).toMatch(/Alias name: svid/u);
    expect(keys).toMatch(/Entry type: PrivateKeyEntry/u);
    expect(keys).toMatch(/Certificate chain length: 2/u);
    const trust = await keytool(algorithm, 'truststore');
    expect(trust).toMatch(/Your keystore contains 2 entries/u);
    expect(trust.match(/Entry type: trustedCertEntry/gu)).toHaveLength(2);
  });

  test("Node's TLS takes the key store", async () => {
    const pfx = await readFile(fileOf(algorithm, 'keystore'));
    expect(() => createSecureContext({ pfx, passphrase: PASSWORD })).not.toThrow();
    expect(() => createSecureContext({ pfx, passphrase: 'wrong' })).toThrow(/mac verify failure/u);
  });
});

test('a JVM shakes hands with the files of every algorithm, mutual TLS, bytes both ways', async () => {
  const files = ALGORITHMS.flatMap((algorithm) => [fileOf(algorithm, 'keystore'), fileOf(algorithm, 'truststore')]);
  const { stdout, stderr } = await run('java', [
    '-Xshare:auto',
    '-XX:TieredStopAtLevel=1',
    JVM_PROGRAM,
    PASSWORD,
    ...files,
  ]);
  expect(stderr).toBe('');
  expect(stdout.trim().split('\n')).toEqual(ALGORITHMS.map(() => 'svid 2 2 TLSv1.3'));
});

test('a JVM that is started as the page says does so with its default context', async () => {
  const page = await readFile(join(import.meta.dirname, '../../docs/formats.md'), 'utf8');
  const [, container = ''] = /```yaml\n(containers:\n[^]*?)```/u.exec(page) ?? [];
  const { containers } = parse(container) as {
    readonly containers: readonly { readonly command: readonly string[] }[];
  };
  expect(containers[0]?.command).toContain('@/var/run/secrets/keystore/java.options');
  const [, writes = ''] = /java\.options=<\((printf [^]*?\$password")\)/u.exec(page) ?? [];
  const { stdout: lines } = await run('bash', ['-c', writes], {
    env: { PATH: process.env['PATH'], password: PASSWORD },
  });
  const options = lines
    .trim()
    .replaceAll('/var/run/secrets/signet/', () => join(folder, 'ECDSA-P256.'))
    .split('\n');
  expect(options).toHaveLength(6);
  const { stdout, stderr } = await java(options);
  expect(stderr).toBe('');
  expect(stdout.trim()).toBe('TLSv1.3');
  // Not the trust store that the JVM has of itself.
  const others = options.filter((option) => !option.includes('trustStore'));
  await expect(java(others)).rejects.toThrow(/SSLHandshakeException/u);
});

/** With options out of a file. The page has no need of quotes: its password is of hexadecimal digits. */
async function java(options: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  const file = join(folder, 'java.options');
  const quoted = options.map((option) => `"${option.replaceAll(/["\\]/gu, String.raw`\$&`)}"\n`);
  await writeFile(file, quoted.join(''));
  return run('java', ['-XX:TieredStopAtLevel=1', `@${file}`, JVM_PROGRAM]);
}
