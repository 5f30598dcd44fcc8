// SPDX-License-Identifier: Apache-2.0
/**
 * From the files of an imported authority to its certificates in order: the issuing CA, what stands above it, and the
 * one root. Who issued whom is proven by signatures here; what the certificates may do is judged elsewhere.
 * @module
 */
import { isSignetError } from '../errors.ts';
import { type Certificate, isSelfIssued } from './certificate.ts';
import { type ForeignCertificate, readForeignCertificate } from './foreign-certificate.ts';
import { parseCertificatesPEM } from './pem.ts';
import { verifiedSignatures, verifySignature } from './signatures.ts';

/** A certificate with the words that tell an operator which one is meant. */
export interface PlacedCertificate extends ForeignCertificate {
  /** `tls.crt certificate 2 (CN=Example Policy CA)`. */
  readonly place: string;
}

export interface ImportedChain {
  /** The issuing CA first, without the root; at least one. */
  readonly chain: readonly [PlacedCertificate, ...PlacedCertificate[]];
  readonly root: PlacedCertificate;
}

export type PEMText = Buffer | string;
type Problem = { readonly problem: string };

/** Above the leaf: chains longer than this are refused by some verifiers' usual settings. */
const MAX_AUTHORITIES = 4;

/** Reads `tls.crt` (issuing CA first, then up, the root last or not at all) and `ca.crt`. Never throws for contents. */
export async function readImportedChain(
  certificates: PEMText,
  roots: PEMText | undefined,
): Promise<ImportedChain | Problem> {
  const files = await readFile('tls.crt', certificates);
  if ('problem' in files) return files;
  const anchors = roots === undefined || isBlank(roots) ? [] : await readFile('ca.crt', roots);
  if ('problem' in anchors) return anchors;
  const repeated = files.find(({ certificate }, at) =>
    files.slice(0, at).some((other) => isSame(other.certificate, certificate)),
  );
  if (repeated !== undefined) return { problem: `${repeated.place} is in the file twice; remove the second one` };
  const below = files.filter(({ certificate }) => !isSelfIssued(certificate));
  const shape = shapeProblem(files) ?? orderProblem(below);
  if (shape !== undefined) return { problem: shape };
  const root = rootOf(files, anchors);
  if ('problem' in root) return root;
  const [issuer, ...above] = below;
  const last = below.at(-1);
  if (issuer === undefined || last === undefined)
    return { problem: 'tls.crt holds no issuing CA; store its certificate there' };
  const untied = isIssuedBy(last.certificate, root.certificate) ? undefined : last;
  if (untied === undefined) return { chain: [issuer, ...above], root };
  return {
    problem: `${untied.place} was not issued by the root, ${root.place}; it names ${untied.issuer}: append the missing certificates to tls.crt, or put the right root into ca.crt`,
  };
}

function isBlank(text: PEMText): boolean {
  return text.toString().trim() === '';
}

async function readFile(file: string, text: PEMText): Promise<PlacedCertificate[] | Problem> {
  const blocks = blocksOf(file, text);
  if ('problem' in blocks) return blocks;
  if (blocks.length > MAX_AUTHORITIES + 1) {
    const limit = `at most ${MAX_AUTHORITIES} authorities below a root make a chain that every TLS library takes`;
    return {
      problem: `${file} holds ${blocks.length} certificates; ${limit}: leave out what is not part of the chain`,
    };
  }
  const placed: PlacedCertificate[] = [];
  for (const [at, der] of blocks.entries()) {
    const read = await readForeignCertificate(der);
    if ('problem' in read) {
      return { problem: `${file} certificate ${at + 1} ${read.problem}; have it issued again or exported as PEM` };
    }
    placed.push({ ...read.value, place: `${file} certificate ${at + 1} (${read.value.subject})` });
  }
  return placed;
}

function blocksOf(file: string, text: PEMText): Uint8Array[] | Problem {
  try {
    return parseCertificatesPEM(text);
  } catch (error) {
    if (!isSignetError(error, 'ERR_PEM')) throw error;
    const remedy = 'write BEGIN CERTIFICATE blocks and nothing between them';
    return { problem: `${file} is not a file of PEM certificates: ${error.message}; ${remedy}` };
  }
}

/** Where self-signed certificates stand: nowhere but at the very end. */
function shapeProblem(files: readonly PlacedCertificate[]): string | undefined {
  const selfSigned = files.find(({ certificate }) => isSelfIssued(certificate));
  if (selfSigned === undefined) return undefined;
  if (files.length === 1) {
    return `${selfSigned.place} is a self-signed root; have it sign an issuing CA for Signet and import that, so that the root's key stays out of the cluster`;
  }
  if (selfSigned === files.at(-1)) return undefined;
  return `${selfSigned.place} is a self-signed root but not the last certificate; write the issuing CA first, then each CA above it, the root last`;
}

function orderProblem(below: readonly PlacedCertificate[]): string | undefined {
  for (const [at, lower] of below.entries()) {
    const upper = below[at + 1];
    if (upper === undefined || isIssuedBy(lower.certificate, upper.certificate)) continue;
    const issuer = below.find((other) => isIssuedBy(lower.certificate, other.certificate));
    if (issuer !== undefined) {
      return `${lower.place} is followed by ${upper.place}, but was issued by ${issuer.place}; write the issuing CA first, then each CA above it`;
    }
    return `${lower.place} was not issued by the certificate that follows it, ${upper.place}; it names ${lower.issuer}: put that one there`;
  }
  return undefined;
}

function rootOf(
  files: readonly PlacedCertificate[],
  anchors: readonly PlacedCertificate[],
): PlacedCertificate | Problem {
  const noRoot = anchors.find(({ certificate }) => !isSelfIssued(certificate));
  if (noRoot !== undefined) {
    return { problem: `${noRoot.place} is not self-signed; only the root belongs in ca.crt, other CAs in tls.crt` };
  }
  const [root, ...others] = [...files.filter(({ certificate }) => isSelfIssued(certificate)), ...anchors];
  if (root === undefined) return { problem: 'there is no root; append it to tls.crt or write it into ca.crt' };
  const other = others.find(({ certificate }) => !isSame(certificate, root.certificate));
  if (other === undefined) return root;
  return { problem: `${root.place} and ${other.place} are two different roots; keep the one that the chain leads to` };
}

function isIssuedBy(certificate: Certificate, issuer: Certificate): boolean {
  if (Buffer.compare(certificate.issuer, issuer.subject) !== 0) return false;
  // What neither of us can verify is not out of order; the judgment of keys and signatures says so in its own words.
  const unknown = certificate.signatureAlgorithm === undefined || issuer.authorityKeyAlgorithm === undefined;
  return unknown || verifySignature(certificate, issuer, verifiedSignatures());
}

function isSame(one: Certificate, other: Certificate): boolean {
  return Buffer.compare(one.der, other.der) === 0;
}
