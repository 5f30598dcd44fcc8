// SPDX-License-Identifier: Apache-2.0
/**
 * The keys and certificates of one local control plane: its authority, the API server's serving certificate, the
 * client certificates of the administrator and the controller manager, and the key that signs service account tokens.
 * @module
 */
import 'reflect-metadata';
import { generateKeyPairSync, webcrypto } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const BACKDATED_MS = 5 * 60_000;
const LIFETIME_MS = 30 * 24 * 60 * 60_000;

/** The address that pods know the API server by: the first of its service range. */
export const KUBERNETES_SERVICE = '10.96.0.1';

/** A certificate and its key, as PEM text. */
export interface Credential {
  readonly certificate: string;
  readonly privateKey: string;
}

export interface ControlPlaneCertificates {
  readonly authority: string;
  readonly administrator: Credential;
  readonly controllerManager: Credential;
  /** A client certificate of that subject, for example `CN=system:node:one, O=system:nodes`. */
  readonly issueClient: (subject: string) => Promise<Credential>;
  readonly files: {
    readonly authority: string;
    /** What the API server shows to kubelets. */
    readonly kubeletClientCertificate: string;
    readonly kubeletClientKey: string;
    readonly servingCertificate: string;
    readonly servingKey: string;
    readonly tokenKey: string;
  };
}

interface Authority {
  readonly certificate: X509Certificate;
  readonly keys: webcrypto.CryptoKeyPair;
}

/** Creates everything and writes what the programs read into `folder`, keys readable by the owner only. */
export async function createCertificates(folder: string): Promise<ControlPlaneCertificates> {
  cryptoProvider.set(webcrypto);
  const authority = await createAuthority();
  const serving = await issue(authority, 'CN=kube-apiserver', [
    new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
    new SubjectAlternativeNameExtension([
      ...['127.0.0.1', '::1', KUBERNETES_SERVICE].map((value) => ({ type: 'ip' as const, value })),
      ...['localhost', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local'].map((value) => ({
        type: 'dns' as const,
        value,
      })),
    ]),
  ]);
  const issueClient = (subject: string): Promise<Credential> =>
    issue(authority, subject, [new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth])]);
  const administrator = await issueClient('CN=signet-administrator, O=system:masters');
  const controllerManager = await issueClient('CN=system:kube-controller-manager');
  const certificate = authority.certificate.toString('pem');
  const place = (name: string): string => path.join(folder, name);
  const files = {
    authority: place('ca.crt'),
    kubeletClientCertificate: place('kubelet-client.crt'),
    kubeletClientKey: place('kubelet-client.key'),
    servingCertificate: place('apiserver.crt'),
    servingKey: place('apiserver.key'),
    tokenKey: place('service-account.key'),
  };
  await writeFile(files.authority, `${certificate}\n`);
  await writeFile(files.kubeletClientCertificate, administrator.certificate);
  await writeFile(files.kubeletClientKey, administrator.privateKey, { mode: 0o600 });
  await writeFile(files.servingCertificate, serving.certificate);
  await writeFile(files.servingKey, serving.privateKey, { mode: 0o600 });
  await writeFile(files.tokenKey, tokenKey(), { mode: 0o600 });
  return { authority: certificate, administrator, controllerManager, issueClient, files };
}

async function createAuthority(): Promise<Authority> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=signet-local-control-plane',
    ...validity(),
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  });
  return { certificate, keys };
}

async function issue(authority: Authority, subject: string, extensions: readonly Extension[]): Promise<Credential> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.create({
    subject,
    issuer: authority.certificate.subject,
    ...validity(),
    publicKey: keys.publicKey,
    signingKey: authority.keys.privateKey,
    signingAlgorithm: ALGORITHM,
    extensions: [new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true), ...extensions],
  });
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { certificate: certificate.toString('pem'), privateKey: PemConverter.encode(pkcs8, 'PRIVATE KEY') };
}

function validity(): { notBefore: Date; notAfter: Date } {
  const now = Date.now();
  return { notBefore: new Date(now - BACKDATED_MS), notAfter: new Date(now + LIFETIME_MS) };
}

function tokenKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'sec1', format: 'pem' });
}
