// SPDX-License-Identifier: Apache-2.0
/**
 * Stories of operators who bring their own CA: made by openssl, kept in a Secret of theirs, and replaced there.
 * @module
 */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Condition } from '../../../src/api/object-meta.ts';
import type { TrustDomain } from '../../../src/api/trust-domain.ts';
import { type ForeignFiles, type ForeignHierarchy, foreignAuthority } from '../../support/foreign-authority.ts';
import type { SecretObject } from '../../support/kinds.ts';
import { disagreement, opensslVerdict, svidFiles } from './svid-files.ts';
import { current, isReady, NAME, present, storyWorld } from './world.ts';

const world = storyWorld();

const CA = 'basicConstraints=critical,CA:true';
const FURTHER = [
  'keyUsage=critical,keyCertSign,cRLSign',
  'subjectKeyIdentifier=hash',
  'authorityKeyIdentifier=keyid:always',
];

/** An RSA root over a P-256 CA that may sign leaves only; `extensions` are those of the root. */
function hierarchy(...extensions: readonly string[]): ForeignHierarchy {
  const root = { name: 'Corporate Root', key: ['genrsa', '2048'], extensions: [CA, ...FURTHER, ...extensions] };
  const key = ['ecparam', '-name', 'prime256v1', '-genkey', '-noout'];
  return [root, { name: 'Issuing CA', key, extensions: [`${CA},pathlen:0`, ...FURTHER] }];
}

function dedicated(trustDomain: string): ForeignFiles {
  return foreignAuthority(hierarchy(`subjectAltName=URI:spiffe://${trustDomain}`));
}

function base64(content: string | Buffer): string {
  return Buffer.from(content).toString('base64');
}

function dataOf({ certificatePEM, rootsPEM, keyPEM }: ForeignFiles): Readonly<Record<string, string>> {
  return { 'tls.crt': base64(certificatePEM), 'tls.key': base64(keyPEM), 'ca.crt': base64(rootsPEM) };
}

interface Imported {
  /** Of the TrustDomain and of the Secret. */
  readonly name: string;
  readonly trustDomain: string;
  /** As its operator wrote it. */
  readonly secret: SecretObject;
}

async function importing(label: string, files: (trustDomain: string) => ForeignFiles): Promise<Imported> {
  const name = `${label}-${world.installation.namespace}`;
  const trustDomain = `${label}.example`;
  const metadata = { name, namespace: world.installation.namespace };
  const secret = await world.cluster.create({ kind: 'Secret', metadata, data: dataOf(files(trustDomain)) });
  await world.trustDomain(name, {
    trustDomain,
    allowedNamespaces: world.selector,
    authority: { source: { type: 'Imported', imported: { secretRef: { name } } } },
    svid: { minTTL: '20s', defaultTTL: '20s', maxTTL: '20s' },
    propagationMargin: '5s',
  });
  return { name, trustDomain, secret };
}

async function identity({ name }: Imported): Promise<string> {
  const namespace = await world.namespace();
  await world.identity(namespace, { trustDomainRef: { name } });
  return namespace;
}

function write({ name }: Imported, files: ForeignFiles): Promise<SecretObject> {
  const ref = { kind: 'Secret', namespace: world.installation.namespace, name } as const;
  return world.cluster.patch(ref, { data: dataOf(files) });
}

/** The controller looks at once, instead of within a minute. */
async function look({ name }: Imported): Promise<void> {
  await world.cluster.patch({ kind: 'TrustDomain', name }, { metadata: { annotations: { look: String(Date.now()) } } });
}

function condition(trustDomain: TrustDomain, type: string): Condition | undefined {
  return trustDomain.status?.conditions?.find((candidate) => candidate.type === type);
}

const roots = (secret: SecretObject): string[] => svidFiles(secret).anchors.map(({ fingerprint256 }) => fingerprint256);

describe('an imported CA under a dedicated root', () => {
  let ca: Imported;
  let namespace: string;
  beforeAll(async () => {
    ca = await importing('corporate', dedicated);
    namespace = await identity(ca);
    await world.ready(namespace);
  });

  it('signs SVIDs that openssl accepts, and stays as its operator wrote it', async () => {
    const secret = await world.secret(namespace);
    expect(await opensslVerdict(secret)).toBe('');
    expect(disagreement(secret)).toBeUndefined();
    const { intermediates, anchors } = svidFiles(secret);
    expect(intermediates.map(({ subject }) => subject)).toEqual([expect.stringMatching(/CN=Issuing CA$/u)]);
    expect(anchors.map(({ subject }) => subject)).toEqual([expect.stringMatching(/CN=Corporate Root$/u)]);
    expect(await world.secret(world.installation.namespace, ca.name)).toEqual(ca.secret);
  });

  it('goes on when its Secret is overwritten with something else', async () => {
    const before = await world.ready(namespace);
    await write(ca, { ...dedicated('other.example'), rootsPEM: 'no certificate' });
    const told = await world.untilTrustDomain(ca.name, (now) => current(now)?.reason === 'ImportedAuthorityInvalid');
    expect(current(told)?.status).toBe('True');
    expect(current(told)?.message).toContain('ca.crt');
    const after = await world.reissued(before);
    expect(after.status?.authorityID).toBe(before.status?.authorityID);
  });

  it('is replaced by one under another root, and no SVID is ever without its root', async () => {
    const before = await world.ready(namespace);
    const recording = await world.cluster.record({ kind: 'Secret', namespace, name: `${NAME}-svid` });
    await write(ca, dedicated(ca.trustDomain));
    await look(ca);
    const waiting = await world.untilTrustDomain(ca.name, (now) => now.status?.rotation?.step === 'WaitingForMargin');
    expect(waiting.status?.authorities?.filter(({ state }) => state === 'Prepared')).toHaveLength(2);
    await world.until(namespace, (now) => isReady(now) && now.status?.authorityID !== before.status?.authorityID);
    const after = await world.untilTrustDomain(ca.name, (now) => now.status?.rotation?.step === 'WaitingForOldSVIDs');
    expect(after.status?.authorities?.filter(({ state }) => state === 'Retired')).toHaveLength(2);
    recording.stop();
    const versions = recording.versions.filter((version) => version !== undefined);
    for (const version of versions) {
      expect(disagreement(version)).toBeUndefined();
      expect(await opensslVerdict(version)).toMatch(/^$|certificate has expired/u);
    }
    // The new root was there before anything was signed under it.
    const [oldest] = versions;
    const issuer = present(svidFiles(present(oldest, 'version')).intermediates[0], 'old issuing CA').publicKey;
    const both = versions.findIndex((version) => roots(version).length === 2);
    const first = versions.findIndex((version) => !svidFiles(version).leaf.verify(issuer));
    expect(both).toBeGreaterThan(0);
    expect(both).toBeLessThan(first);
  });
});

describe('an imported CA under a shared root', () => {
  it('signs nothing until somebody answers for that root', async () => {
    const ca = await importing('shared', () => foreignAuthority(hierarchy()));
    const refused = await world.untilTrustDomain(ca.name, (now) => condition(now, 'SharedRoot') !== undefined);
    expect(current(refused)).toMatchObject({ status: 'False', reason: 'RootNotDedicated' });
    const namespace = await identity(ca);
    await world.because(namespace, 'AuthorityUnavailable');
    const [acknowledgeSharedRoot] =
      present(condition(refused, 'SharedRoot'), 'condition').message.match(/[0-9a-f]{64}/u) ?? [];
    const source = { imported: { acknowledgeSharedRoot } };
    await world.cluster.patch({ kind: 'TrustDomain', name: ca.name }, { spec: { authority: { source } } });
    await world.ready(namespace);
    expect(await opensslVerdict(await world.secret(namespace))).toBe('');
    const acknowledged = await world.untilTrustDomain(ca.name, isReady);
    expect(condition(acknowledged, 'SharedRoot')).toBeUndefined();
  });
});
