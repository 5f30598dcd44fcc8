// SPDX-License-Identifier: Apache-2.0
/**
 * Stories of a model world: lists of happenings that fast-check invents and shortens.
 * @module
 */
import * as fc from 'fast-check';
import type { IssueReason } from '../../src/identity/checks.ts';
import type { StoredSVID } from '../../src/identity/observed.ts';
import { renewalTime } from '../../src/identity/renewal.ts';
import type { Instant } from '../../src/time.ts';
import type { Issuance, LogEntry } from './model-cluster.ts';
import { FAULTS, type Happening, ModelWorld, SPEC_EDITS, SURROUNDINGS, TENANT_EDITS, TIME } from './model-world.ts';

export type Happenings = Readonly<Record<string, Happening>>;

export const EVERYTHING: Happenings = { ...SPEC_EDITS, ...TENANT_EDITS, ...SURROUNDINGS, ...FAULTS, ...TIME };

/** Without those of that name. */
export function without(happenings: Happenings, ...names: readonly string[]): Happenings {
  return Object.fromEntries(Object.entries(happenings).filter(([name]) => !names.includes(name)));
}

export type Story = readonly (readonly [happening: string, number: number])[];

export function stories(happenings: Happenings): fc.Arbitrary<Story> {
  const step = fc.tuple(fc.constantFrom(...Object.keys(happenings)), fc.nat(1000));
  return fc.array(step, { minLength: 1, maxLength: 20 });
}

/** Lets a story happen to an identity called checkout; `check` sees the world after every moment. */
export function live(story: Story, check?: (world: ModelWorld) => void): ModelWorld {
  const world = new ModelWorld();
  world.cluster.createIdentity('checkout');
  world.onMoment = () => check?.(world);
  world.settle();
  for (const [happening, number] of story) {
    EVERYTHING[happening]?.(world, number);
    world.settle();
  }
  return world;
}

export function issuances(world: ModelWorld): (LogEntry & { readonly issued: Issuance })[] {
  return world.cluster.log.filter((entry): entry is LogEntry & { issued: Issuance } => entry.issued !== undefined);
}

type Ground = (issuance: Issuance, svid: StoredSVID, at: Instant) => boolean;

/** What has to be the case for each reason, where there is an SVID. */
const GROUNDS: Readonly<Record<IssueReason, Ground>> = {
  FirstIssuance: () => false,
  SecretMissing: () => false,
  SecretAdopted: ({ found, living }) => found?.meta.ownerReferences.every((owner) => !living.has(owner.uid)) === true,
  SecretImmutable: ({ found }) => found?.immutable === true || found?.type !== 'kubernetes.io/tls',
  SecretEdited: ({ found }) => found?.formatsComplete === false,
  AuthorityChanged: ({ knownIDs }, { authorityID }) => !knownIDs.has(authorityID),
  // No identity of the model has a password.
  PasswordChanged: () => false,
  SpecChanged: ({ found, desired }) => found?.issuedFor !== desired.svidDigest,
  RenewRequested: () => true,
  RenewalDue: ({ uid }, { notBefore, notAfter }, at) => at >= renewalTime(notBefore, notAfter, uid),
};

const WITHOUT_SVID: readonly IssueReason[] = ['SecretEdited', 'SecretImmutable', 'SecretAdopted'];

/** Whether the reason of an issuance was really there. */
export function justified(issuance: Issuance, at: Instant): boolean {
  const { reason, found } = issuance;
  if (found === undefined) return reason === 'SecretMissing' || reason === 'FirstIssuance';
  return found.svid === undefined ? WITHOUT_SVID.includes(reason) : GROUNDS[reason](issuance, found.svid, at);
}
