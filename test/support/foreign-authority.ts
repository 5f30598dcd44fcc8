// SPDX-License-Identifier: Apache-2.0
/**
 * Authorities as other people's software makes them: hierarchies built by the openssl program, each in the manner of a
 * product or a habit that operators come with.
 * @module
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One CA: how its key is made, and the lines of its extension section. */
interface ForeignCA {
  readonly name: string;
  readonly key: readonly string[];
  readonly extensions: readonly string[];
  readonly digest?: 'sha256' | 'sha384' | 'sha512';
}

/** From the root down to the issuing CA. */
export type ForeignHierarchy = readonly ForeignCA[];

export interface ForeignFiles {
  /** The issuing CA first, no root. */
  readonly certificatePEM: string;
  readonly rootsPEM: string;
  readonly keyPEM: Buffer;
}

const RSA = ['genrsa', '-traditional', '2048'];
const RSA_2560 = ['genrsa', '2560'];
const RSA_4096 = ['genrsa', '4096'];
const P256 = ['ecparam', '-name', 'prime256v1', '-genkey', '-noout'];
const P384 = ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384'];
const ED25519 = ['genpkey', '-algorithm', 'ed25519'];

const CA = 'basicConstraints=critical,CA:true';
const SIGNS = 'keyUsage=critical,keyCertSign,cRLSign';
const IDS = ['subjectKeyIdentifier=hash', 'authorityKeyIdentifier=keyid:always'];
const ROOT = [CA, SIGNS, ...IDS];
const ISSUING = [`${CA},pathlen:0`, SIGNS, ...IDS];
const PKI = 'http://pki.example.net';

const MICROSOFT_ROOT = [
  CA,
  'keyUsage=digitalSignature,keyCertSign,cRLSign',
  'subjectKeyIdentifier=hash',
  '1.3.6.1.4.1.311.21.1=ASN1:INTEGER:0',
];
const MICROSOFT_ISSUING = [
  ...ISSUING,
  '1.3.6.1.4.1.311.20.2=ASN1:BMP:SubCA',
  '1.3.6.1.4.1.311.21.1=ASN1:INTEGER:65537',
  'crlDistributionPoints=URI:ldap:///CN=Root?certificateRevocationList',
  `authorityInfoAccess=caIssuers;URI:${PKI}/root.crt`,
];
const EJBCA_ISSUING = [
  ...ISSUING,
  'certificatePolicies=2.5.29.32.0',
  `crlDistributionPoints=URI:${PKI}/root.crl`,
  `authorityInfoAccess=OCSP;URI:${PKI}/ocsp`,
];

const SPIFFE_NAME = 'subjectAltName=URI:spiffe://example.org';
/** Ties an authority to the trust domain example.org, and takes some names away that services never have. */
export const CONSTRAINED =
  'nameConstraints=critical,permitted;URI:example.org,excluded;DNS:example.com,excluded;IP:0.0.0.0/0.0.0.0,excluded;email:example.com';

function root(key: readonly string[], extensions: readonly string[] = ROOT): ForeignCA {
  return { name: 'Example Root CA', key, extensions };
}

function issuing(key: readonly string[], extensions: readonly string[] = ISSUING): ForeignCA {
  return { name: 'Signet Issuing CA', key, extensions };
}

/** What must be accepted; the trust domain is example.org. */
export const FOREIGN_HIERARCHIES = {
  'AD CS, RSA throughout, PKCS#1 key': [root(RSA, MICROSOFT_ROOT), issuing(RSA, MICROSOFT_ISSUING)],
  'EJBCA, EC throughout, SEC1 key': [root(P384), issuing(P256, EJBCA_ISSUING)],
  'an RSA-4096 root that signs with SHA-512 over an EC issuing CA': [
    { ...root(RSA_4096), digest: 'sha512' },
    { ...issuing(P256), digest: 'sha384' },
  ],
  'an RSA issuing CA of an unusual size under an EC root': [root(P256), issuing(RSA_2560)],
  'Ed25519 throughout': [root(ED25519), issuing(ED25519)],
  'four authorities with just enough path length': [
    root(P256, [`${CA},pathlen:2`, SIGNS, ...IDS]),
    { name: 'Policy CA', key: RSA, extensions: [`${CA},pathlen:1`, SIGNS, ...IDS] },
    issuing(P384),
  ],
  'no path length anywhere': [root(P256), issuing(P256, ROOT)],
  'a subject key identifier of 32 octets': [
    root(P256),
    issuing(P256, [
      `${CA},pathlen:0`,
      SIGNS,
      `subjectKeyIdentifier=${'A5'.repeat(32)}`,
      'authorityKeyIdentifier=keyid',
    ]),
  ],
  'a subject key identifier of one octet': [
    root(P256),
    issuing(P256, [`${CA},pathlen:0`, SIGNS, 'subjectKeyIdentifier=09', 'authorityKeyIdentifier=keyid']),
  ],
  'a dedicated root': [root(P256, [...ROOT, SPIFFE_NAME]), issuing(P256, [...ISSUING, SPIFFE_NAME])],
  'an issuing CA with name constraints': [root(P256), issuing(P256, [...ISSUING, SPIFFE_NAME, CONSTRAINED])],
  'a root with name constraints': [root(P256, [...ROOT, CONSTRAINED]), issuing(P256)],
} as const satisfies Readonly<Record<string, ForeignHierarchy>>;

export type ForeignName = keyof typeof FOREIGN_HIERARCHIES;

/** Makes the hierarchy; its certificates are valid from now on. */
export function foreignAuthority(hierarchy: ForeignHierarchy): ForeignFiles {
  const folder = mkdtempSync(join(tmpdir(), 'signet-foreign-'));
  const openssl = (...args: readonly string[]): void => {
    execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  };
  try {
    for (const [at, ca] of hierarchy.entries()) {
      writeFileSync(join(folder, `${at}.cnf`), configuration(ca));
      const [command = '', ...options] = ca.key;
      const beforeSize = options.at(-1)?.match(/^\d+$/u) ? options.pop() : undefined;
      openssl(command, ...options, '-out', `${at}.key`, ...(beforeSize === undefined ? [] : [beforeSize]));
      const digest = [`-${ca.digest ?? 'sha256'}`];
      const request = ['req', '-new', '-key', `${at}.key`, '-config', `${at}.cnf`, ...digest];
      if (at === 0) openssl(...request, '-x509', '-days', '3650', '-extensions', 'v3', '-out', '0.crt');
      else {
        openssl(...request, '-out', `${at}.csr`);
        const by = ['-CA', `${at - 1}.crt`, '-CAkey', `${at - 1}.key`, '-CAcreateserial', '-days', `${900 - at}`];
        const form = ['-extfile', `${at}.cnf`, '-extensions', 'v3', ...digest];
        openssl('x509', '-req', '-in', `${at}.csr`, ...by, ...form, '-out', `${at}.crt`);
      }
    }
    const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
    const [rootsPEM = '', ...others] = hierarchy.map((_, at) => read(`${at}.crt`));
    const keyPEM = readFileSync(join(folder, `${hierarchy.length - 1}.key`));
    return { certificatePEM: others.toReversed().join(''), rootsPEM, keyPEM };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function configuration({ name, extensions }: ForeignCA): string {
  const subject = ['0.DC=net', '1.DC=example', 'O=Example Corp', `CN=${name}`];
  return [
    '[req]',
    'distinguished_name=dn',
    'prompt=no',
    'utf8=yes',
    '[dn]',
    ...subject,
    '[v3]',
    ...extensions,
    '',
  ].join('\n');
}
