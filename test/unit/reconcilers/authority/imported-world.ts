// SPDX-License-Identifier: Apache-2.0
/**
 * The authority reconciler with a Secret that an operator writes: authorities of any life, and a store that knows whose
 * Secret is whose.
 * @module
 */
import type { TrustDomainSpec } from '../../../../src/api/trust-domain.ts';
import { createIntermediate, createRoot, type RootAuthority } from '../../../../src/pki/authority.ts';
import { authorityID, generateKeyPair, type KeyPair } from '../../../../src/pki/key-pair.ts';
import { type Issuer, mintSVID, type SVID } from '../../../../src/pki/mint.ts';
import { encodePEM } from '../../../../src/pki/pem.ts';
import { privateKeySigner } from '../../../../src/pki/signer.ts';
import type { StoredSecret } from '../../../../src/reconcilers/own-secrets.ts';
import { DAY, type Duration, HOUR, type Instant, SECOND } from '../../../../src/time.ts';
import { AuthorityHarness, AuthorityStore, ISSUING } from '../../../support/authority-harness.ts';
import { aTrustDomain } from '../../../support/builders.ts';
import type { ForeignFiles } from '../../../support/foreign-authority.ts';
import { anSVIDRequest } from '../../../support/test-authority.ts';

export const WANTED = 'issuing-ca';

/** Reads of Secrets are kept, to see what becomes of their keys. */
class ImportedStore extends AuthorityStore {
  readonly reads: { readonly name: string; readonly secret: StoredSecret }[] = [];
  readonly managed = new Set<string>();
  /** Written by `kubectl apply`. */
  readonly applied = new Set<string>();
  #edits = 0;

  override async get(name: string): Promise<StoredSecret | undefined> {
    const secret = await super.get(name);
    if (secret !== undefined) this.reads.push({ name, secret });
    if (secret === undefined) return undefined;
    return { ...secret, managed: this.managed.has(name), applied: this.applied.has(name) };
  }

  /** The operator writes the Secret. */
  write(files: Readonly<Record<string, Buffer | string>>): void {
    this.#edits += 1;
    const data = new Map(Object.entries(files).map(([file, content]) => [file, Buffer.from(content)]));
    this.stored.set(WANTED, { uid: 'uid-wanted', resourceVersion: `edit-${this.#edits}`, data });
  }
}

export class ImportedWorld extends AuthorityHarness {
  declare readonly store: ImportedStore;

  constructor(spec: Partial<TrustDomainSpec> = {}, store = new ImportedStore()) {
    super(store);
    this.respec({ ...imported(), ...spec });
  }

  respec(spec: Partial<TrustDomainSpec>): void {
    const before = this.trustDomains.get('default') ?? aTrustDomain();
    const generation = (before.metadata.generation ?? 0) + 1;
    const metadata = { ...before.metadata, generation };
    this.trustDomains.set('default', { ...before, metadata, spec: { ...before.spec, ...spec } });
  }

  /** Runs until nothing is left to do now. */
  async settle(): Promise<void> {
    await this.run();
    await this.run();
  }

  /** Lets time pass in steps of runs, as the queue would. */
  async live(duration: Duration, step: Duration = duration / 20): Promise<void> {
    for (let passed = 0; passed < duration; passed += step) {
      await this.clock.advance(step);
      await this.run();
    }
  }

  get slots(): string[] {
    return this.document?.slots.map(({ kind, state }) => `${kind} ${state}`) ?? [];
  }

  /** Ids of the keys in the issuing Secret. */
  get keys(): string[] {
    const files = [...(this.store.stored.get(ISSUING)?.data.keys() ?? [])];
    return files.filter((file) => file.endsWith('.key')).map((file) => file.slice(0, -'.key'.length));
  }

  get signer(): string | undefined {
    return this.registry.get('default')?.view.authority?.id;
  }

  get issuer(): Issuer {
    const loaded = this.registry.get('default')?.loaded;
    if (loaded === undefined) throw new Error('not loaded');
    return loaded.issuer;
  }

  mint(ttl: Duration = HOUR): Promise<SVID> {
    return mintSVID(this.issuer, { ...anSVIDRequest(), ttl }, this.clock.now());
  }

  /** An issuing CA under a root of its own. */
  async another(): Promise<OutsideCA> {
    const now = this.clock.now();
    return anOutsideCA(await anOutsideRoot(now), now);
  }

  /** Writes the Secret and lets the controller say which root is to be acknowledged. */
  async sharedFingerprint({ certificatePEM, rootsPEM, keyPEM }: ForeignFiles): Promise<string> {
    this.store.write({ 'tls.crt': certificatePEM, 'ca.crt': rootsPEM, 'tls.key': keyPEM });
    await this.run();
    return /[0-9a-f]{64}/u.exec(this.condition('SharedRoot')?.message ?? '')?.[0] ?? 'none';
  }

  condition(type: string): { readonly reason: string; readonly message: string } | undefined {
    return this.status?.conditions?.find((condition) => condition.type === type);
  }
}

export function imported(acknowledgeSharedRoot?: string): Pick<TrustDomainSpec, 'authority'> {
  const acknowledged = acknowledgeSharedRoot === undefined ? {} : { acknowledgeSharedRoot };
  return { authority: { source: { type: 'Imported', imported: { secretRef: { name: WANTED }, ...acknowledged } } } };
}

export const SELF_SIGNED: Pick<TrustDomainSpec, 'authority'> = {
  authority: { source: { type: 'SelfSigned', selfSigned: {} } },
};

export interface OutsideRoot extends RootAuthority {
  readonly notAfter: Instant;
}

/** A root of the operator's, dedicated to example.org; with the key of another one where that is given. */
export async function anOutsideRoot(
  now: Instant,
  life: Duration = 3650 * DAY,
  known?: OutsideRoot,
): Promise<OutsideRoot> {
  const signer = known?.signer ?? privateKeySigner((await generateKeyPair('ECDSA-P384')).privateKey);
  const notAfter = now + life;
  const certificate = await createRoot({ trustDomain: 'example.org', signer, notBefore: now - HOUR, notAfter });
  return { certificate, signer, notAfter };
}

export interface OutsideCA {
  readonly root: OutsideRoot;
  readonly key: KeyPair;
  readonly files: Readonly<Record<string, Buffer>>;
}

/** What its authority is called in slots. */
export function idOf({ key }: OutsideCA): string {
  return authorityID(key.publicKey);
}

/** An issuing CA under a root, as the files of its Secret. */
export async function anOutsideCA(
  root: OutsideRoot,
  now: Instant,
  life: Duration = 730 * DAY,
  known?: KeyPair,
): Promise<OutsideCA> {
  const key = known ?? (await generateKeyPair('ECDSA-P256'));
  const certificate = await createIntermediate({
    trustDomain: 'example.org',
    publicKey: key.publicKey,
    issuer: root,
    notBefore: Math.floor((now - HOUR) / SECOND) * SECOND,
    notAfter: Math.min(root.notAfter, now + life),
  });
  const files = {
    'tls.crt': encodePEM('CERTIFICATE', certificate.der),
    'tls.key': encodePEM('PRIVATE KEY', key.privateKey),
    'ca.crt': encodePEM('CERTIFICATE', root.certificate.der),
  };
  return { root, key, files };
}

/** The world of a test, and an issuing CA that its Secret holds. */
export async function importedWorld(): Promise<{ readonly world: ImportedWorld; readonly first: OutsideCA }> {
  const world = new ImportedWorld();
  const first = await world.another();
  world.store.write(first.files);
  return { world, first };
}
