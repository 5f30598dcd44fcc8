// SPDX-License-Identifier: Apache-2.0
/**
 * Imported authorities as the openssl program makes them: accepted whole, and able to mint.
 * @module
 */

import { describe, expect, it } from 'vitest';
import { parseCertificate } from '../../../src/pki/certificate.ts';
import { type ImportedAuthority, validateImportedAuthority } from '../../../src/pki/imported-authority.ts';
import { mintSVID } from '../../../src/pki/mint.ts';
import { encodePEM, parseCertificatesPEM } from '../../../src/pki/pem.ts';
import {
  CONSTRAINED,
  FOREIGN_HIERARCHIES,
  type ForeignFiles,
  type ForeignName,
  foreignAuthority,
} from '../../support/foreign-authority.ts';
import { importedIssuer } from '../../support/imported-issuer.ts';
import { anSVIDRequest } from '../../support/test-authority.ts';

const trustDomain = 'example.org';
const dnsNames = ['checkout.shop', 'checkout.shop.svc', 'checkout.shop.svc.cluster.local'];
const NAMES = Object.keys(FOREIGN_HIERARCHIES) as ForeignName[];
/** Made before the first test, because RSA keys take longer than a test may on a busy machine. */
const made = new Map(NAMES.map((name) => [name, foreignAuthority(FOREIGN_HIERARCHIES[name])]));

function files(name: ForeignName): ForeignFiles {
  const known = made.get(name);
  if (known === undefined) throw new Error(`${name} was not made`);
  return known;
}

async function judged(input: ForeignFiles, domain = trustDomain): Promise<ImportedAuthority> {
  const result = await validateImportedAuthority({ ...input, trustDomain: domain, dnsNames, now: Date.now() });
  if ('problem' in result) throw new Error(result.problem);
  return result.value;
}

async function problemOf(input: ForeignFiles, domain = trustDomain): Promise<string> {
  const result = await validateImportedAuthority({ ...input, trustDomain: domain, dnsNames, now: Date.now() });
  return 'problem' in result ? result.problem : '';
}

async function warningsOf(name: ForeignName): Promise<string> {
  return (await judged(files(name))).warnings.join('\n');
}

describe.each(NAMES)('%s', (name) => {
  it('signs leaves with the key identifier of the issuer, byte for byte', async () => {
    const authority = await judged(files(name));
    const svid = await mintSVID(importedIssuer(authority, trustDomain), anSVIDRequest(), Date.now());
    expect(Buffer.from(svid.certificate.authorityKeyID ?? [])).toEqual(
      Buffer.from(authority.issuer.subjectKeyID ?? []),
    );
    const chain = parseCertificatesPEM(svid.chainPEM).map(parseCertificate);
    expect(chain).toHaveLength(FOREIGN_HIERARCHIES[name].length);
    expect(chain.map(({ issuer }) => Buffer.from(issuer).toString('hex')).slice(0, -1)).toEqual(
      chain.map(({ subject }) => Buffer.from(subject).toString('hex')).slice(1),
    );
  });

  it('is the same with the root at the end of tls.crt', async () => {
    const { certificatePEM, rootsPEM, keyPEM } = files(name);
    const { root, chain } = await judged(files(name));
    for (const roots of ['', ' \n', rootsPEM]) {
      const whole = await judged({ certificatePEM: certificatePEM + rootsPEM, rootsPEM: roots, keyPEM });
      expect([whole.root, whole.chain]).toEqual([root, chain]);
    }
  });
});

describe('what it finds out', () => {
  it.each<[ForeignName, boolean, boolean]>([
    ['EJBCA, EC throughout, SEC1 key', false, true],
    ['a dedicated root', false, false],
    ['an issuing CA with name constraints', true, false],
    ['a root with name constraints', true, false],
  ])('%s', async (name, constrained, shared) => {
    expect(await judged(files(name))).toMatchObject({ constrained, shared });
  });

  it('warns of what works and might not please', async () => {
    expect(await warningsOf('EJBCA, EC throughout, SEC1 key')).toBe('');
    expect(await warningsOf('Ed25519 throughout')).toContain('Ed25519 key, which Envoy');
    expect(await warningsOf('no path length anywhere')).toContain('is not limited to path length 0');
    expect(await warningsOf('an issuing CA with name constraints')).toContain('carries no name constraints itself');
    expect(await warningsOf('a root with name constraints')).toBe('');
  });

  it('gives the end of the chain, and warns 90 days ahead of it', async () => {
    const { chain, root, notAfter, warnFrom } = await judged(files('four authorities with just enough path length'));
    expect(notAfter).toBe(Math.min(...[...chain, root].map((certificate) => certificate.notAfter)));
    expect(notAfter - warnFrom).toBe(90 * 86_400_000);
  });
});

describe('refused, with what to do', () => {
  const hierarchy = FOREIGN_HIERARCHIES['EJBCA, EC throughout, SEC1 key'];
  const [root, issuing] = hierarchy;

  function under(replace: (line: string) => string | undefined, ...more: readonly string[]): ForeignFiles {
    const extensions = issuing.extensions.flatMap((line) => replace(line) ?? []);
    return foreignAuthority([root, { ...issuing, extensions: [...extensions, ...more] }]);
  }
  const adding = (...more: readonly string[]): ForeignFiles => under((line) => line, ...more);

  it.each<[string, () => ForeignFiles, RegExp]>([
    [
      'no subject key identifier',
      () => under((line) => (line.startsWith('subjectKey') ? 'subjectKeyIdentifier=none' : line)),
      /^tls\.crt certificate 1 \(.*CN=Signet Issuing CA.*\) has no subject key identifier; have it issued again with .*key identifiers/u,
    ],
    ['no key usage', () => under((line) => (line.startsWith('keyUsage') ? undefined : line)), /has no key usage/u],
    [
      'a key usage that is not critical',
      () => under((line) => line.replace('keyUsage=critical,', 'keyUsage=')),
      /does not mark its key usage critical; have it issued again/u,
    ],
    ['an extended key usage', () => adding('extendedKeyUsage=serverAuth'), /has an extended key usage/u],
    [
      'a foreign SPIFFE ID',
      () => adding('subjectAltName=URI:spiffe://other.org'),
      /has the SPIFFE ID spiffe:\/\/other\.org/u,
    ],
    [
      'an unknown critical extension',
      () => adding('1.2.3.4=critical,ASN1:NULL'),
      /unknown critical extension 1\.2\.3\.4/u,
    ],
    [
      'constraints to another trust domain',
      () => adding('nameConstraints=critical,permitted;URI:other.org'),
      /forbid the identities of this trust domain, such as the URI spiffe:\/\/example\.org.*permit \(URI: other\.org\); have it issued again with the permitted URI example\.org/u,
    ],
    [
      'constraints that exclude the trust domain',
      () => adding('nameConstraints=critical,excluded;URI:.org'),
      /which they exclude/u,
    ],
    [
      'constraints on DNS names',
      () => adding('nameConstraints=critical,permitted;DNS:svc'),
      /forbid names which certificates of services carry, such as the DNS name checkout\.shop, .*constraints on URIs only/u,
    ],
    [
      'constraints on directory names',
      () => adding('nameConstraints=critical,permitted;dirName:dir', '[dir]', 'O=Example Corp'),
      /other than DNS, URI, email and IP, which Go refuses/u,
    ],
  ])('%s', async (_name, make, problem) => {
    expect(await problemOf(make())).toMatch(problem);
  });

  it('a constrained authority of another trust domain', async () => {
    const [above, below] = FOREIGN_HIERARCHIES['an issuing CA with name constraints'];
    const extensions = below.extensions.filter((line) => !line.startsWith('subjectAltName'));
    expect(extensions).toContain(CONSTRAINED);
    const made = foreignAuthority([above, { ...below, extensions }]);
    expect(await problemOf(made, 'sub.example.org')).toMatch(/forbid the identities of this trust domain/u);
  });

  it('a path length without room', async () => {
    const [above, policy, below] = FOREIGN_HIERARCHIES['four authorities with just enough path length'];
    const short = { ...policy, extensions: policy.extensions.map((line) => line.replace('pathlen:1', 'pathlen:0')) };
    expect(await problemOf(foreignAuthority([above, short, below]))).toMatch(
      /^tls\.crt certificate 2 \(.*Policy CA.*\) has the path length 0, but authorities under it: 1; have it issued/u,
    );
  });

  it('a root alone', async () => {
    const { rootsPEM, keyPEM } = files('EJBCA, EC throughout, SEC1 key');
    expect(await problemOf({ certificatePEM: rootsPEM, rootsPEM: '', keyPEM })).toMatch(
      /is a self-signed root; have it sign an issuing CA/u,
    );
  });

  it('no root, two roots, a root of somebody else, an intermediate as root', async () => {
    const one = files('EJBCA, EC throughout, SEC1 key');
    const other = files('no path length anywhere');
    expect(await problemOf({ ...one, rootsPEM: '' })).toMatch(/^there is no root; append it/u);
    expect(await problemOf({ ...one, rootsPEM: one.rootsPEM + other.rootsPEM })).toMatch(/are two different roots/u);
    expect(await problemOf({ ...one, rootsPEM: other.rootsPEM })).toMatch(
      /not issued by the root|not make a valid path/u,
    );
    expect(await problemOf({ ...one, rootsPEM: one.certificatePEM })).toMatch(
      /ca\.crt certificate 1 .* is not self-signed/u,
    );
  });

  it('certificates out of order, twice, too many, missing', async () => {
    const { certificatePEM, rootsPEM, keyPEM } = files('four authorities with just enough path length');
    const blocks = [...parseCertificatesPEM(certificatePEM), ...parseCertificatesPEM(rootsPEM)];
    const pem = (...order: readonly number[]): ForeignFiles => ({
      certificatePEM: order.map((at) => encodePEM('CERTIFICATE', blocks[at] ?? new Uint8Array()).toString()).join(''),
      rootsPEM: '',
      keyPEM,
    });
    expect(await problemOf(pem(0, 1, 2))).toBe('');
    expect(await problemOf(pem(2, 1, 0))).toMatch(/is a self-signed root but not the last/u);
    expect(await problemOf(pem(1, 0, 2))).toMatch(/was issued by|was not issued by the certificate that follows/u);
    expect(await problemOf(pem(0, 0, 1, 2))).toMatch(/is in the file twice/u);
    expect(await problemOf(pem(0, 1, 0, 1, 0, 1))).toMatch(/holds 6 certificates; at most 4/u);
    expect(await problemOf(pem(0, 2))).toMatch(/was not issued by the root, .*append the missing certificates/u);
  });

  it('files that are something else', async () => {
    const one = files('EJBCA, EC throughout, SEC1 key');
    const said = async (changes: Partial<ForeignFiles>): Promise<string> => problemOf({ ...one, ...changes });
    expect(await said({ certificatePEM: '' })).toMatch(/^tls\.crt is not a file of PEM certificates/u);
    expect(await said({ certificatePEM: `Bag Attributes\n${one.certificatePEM}` })).toMatch(/nothing between them/u);
    expect(await said({ rootsPEM: 'x' })).toMatch(/^ca\.crt is not a file of PEM/u);
    expect(await said({ keyPEM: Buffer.from(one.certificatePEM) })).toMatch(/^tls\.key holds no private key/u);
    expect(await said({ keyPEM: Buffer.from('-----BEGIN ENCRYPTED PRIVATE KEY-----\n') })).toMatch(
      /encrypted; convert it/u,
    );
    expect(await said({ keyPEM: files('no path length anywhere').keyPEM })).toMatch(/is not the key of the first/u);
  });
});
