// SPDX-License-Identifier: Apache-2.0
/**
 * Certificates of nobody we know, made by the OpenSSL command line.
 * @module
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

/** The files of a Secret, base64, that fit together under a root of their own. */
export interface ForgedFiles {
  readonly 'tls.crt': string;
  readonly 'tls.key': string;
  readonly 'ca.crt': string;
}

const EXTENSIONS = (spiffeID: string): string => `
[root]
basicConstraints=critical,CA:true
keyUsage=critical,keyCertSign,cRLSign
subjectKeyIdentifier=hash
subjectAltName=URI:spiffe://example.org
[intermediate]
basicConstraints=critical,CA:true,pathlen:0
keyUsage=critical,keyCertSign,cRLSign
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
subjectAltName=URI:spiffe://example.org
[leaf]
basicConstraints=critical,CA:false
keyUsage=critical,digitalSignature
extendedKeyUsage=serverAuth,clientAuth
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
subjectAltName=critical,URI:${spiffeID}
`;

/** An SVID for the given ID that is in order but for its authority. */
export async function forgeSVID(spiffeID: string): Promise<ForgedFiles> {
  const folder = await mkdtemp(path.join(tmpdir(), 'signet-forge-'));
  const openssl = (...args: string[]) => promisify(execFile)('openssl', args, { cwd: folder });
  const certificate = async (name: string, subject: string, issuer: string | undefined) => {
    await openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', `${name}.key`);
    await openssl('req', '-new', '-key', `${name}.key`, '-subj', subject, '-out', `${name}.csr`);
    const signer = issuer === undefined ? ['-key', 'root.key'] : ['-CA', `${issuer}.crt`, '-CAkey', `${issuer}.key`];
    const extensions = ['-extfile', 'extensions.cnf', '-extensions', name];
    await openssl('x509', '-req', '-in', `${name}.csr`, ...signer, '-days', '1', ...extensions, '-out', `${name}.crt`);
  };
  try {
    await writeFile(path.join(folder, 'extensions.cnf'), EXTENSIONS(spiffeID));
    await certificate('root', '/O=Signet/CN=root stranger', undefined);
    await certificate('intermediate', '/O=Signet/CN=intermediate stranger', 'root');
    await certificate('leaf', '/', 'intermediate');
    const read = (name: string) => readFile(path.join(folder, name));
    const base64 = async (...names: string[]) => Buffer.concat(await Promise.all(names.map(read))).toString('base64');
    return {
      'tls.crt': await base64('leaf.crt', 'intermediate.crt'),
      'tls.key': await base64('leaf.key'),
      'ca.crt': await base64('root.crt'),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
