// SPDX-License-Identifier: Apache-2.0
/**
 * Mounts that must not work: a right name from a wrong authority, and a right certificate with wrong anchors.
 * @module
 */
import { mkdtemp } from 'node:fs/promises';
import path from 'node:path';
import { anchorsPEM, createAuthority } from '../../../hack/demo/foreign-authority.ts';
import { writeVolume } from '../../../hack/demo/secret-volume.ts';
import { mintSVID } from '../../../src/pki/mint.ts';
import { HOUR } from '../../../src/time.ts';
import { readIdentityAgain } from './load.ts';
import { FS_GROUP } from './programs.ts';
import type { Scene } from './scene.ts';

/** SPIFFE ID, DNS name and anchors of an identity, with a certificate that another authority signed. */
export async function forgedMount(scene: Scene, identity: string): Promise<string> {
  const { spiffeID, anchors } = await readIdentityAgain(scene.mounts.directory(identity));
  const [namespace, name] = identity.split('/');
  const dnsNames = [`${name}.${namespace}.svc`];
  const request = { spiffeID, dnsNames, subject: 'SPIFFEPath', algorithm: 'ECDSA-P256', ttl: HOUR } as const;
  const { chainPEM, privateKeyPEM } = await mintSVID(await createAuthority('example.org'), request, Date.now());
  return mount(scene, { certificates: chainPEM.toString(), privateKey: privateKeyPEM.toString(), anchors });
}

/** The certificate of an identity, and anchors that none of its peers has. */
export async function mistrustingMount(scene: Scene, identity: string): Promise<string> {
  const own = await readIdentityAgain(scene.mounts.directory(identity));
  return mount(scene, { ...own, anchors: anchorsPEM(await createAuthority('example.org')) });
}

interface Texts {
  readonly certificates: string;
  readonly privateKey: string;
  readonly anchors: string;
}

async function mount({ directory }: Scene, { certificates, privateKey, anchors }: Texts): Promise<string> {
  const target = await mkdtemp(path.join(directory, 'forged-'));
  const texts = { 'tls.crt': certificates, 'tls.key': privateKey, 'ca.crt': anchors };
  const files = Object.entries(texts).map(([name, text]) => [name, Buffer.from(text)] as const);
  await writeVolume(target, new Map(files), FS_GROUP);
  return target;
}
