// SPDX-License-Identifier: Apache-2.0
/**
 * Pods of all stacks shake hands while the controller renews their leaves and replaces its intermediates on its own;
 * and the lab sees what it should of pods that are too late or trust somebody else.
 * @module
 */
import { beforeAll, expect, it } from 'vitest';
import { anchorsPEM, createAuthority } from '../../hack/demo/foreign-authority.ts';
import { STACKS } from '../../hack/peers/build.ts';
import { present, storyWorld } from '../integration/stories/world.ts';
import { issuerOf } from '../support/handshakes/chain-state.ts';
import { trusting } from '../support/handshakes/edits.ts';
import { type Lab, startLab } from '../support/handshakes/lab.ts';
import { runSeed } from '../support/handshakes/seed.ts';
import { everyPairMet, type Party, type Tally } from '../support/handshakes/tally.ts';
import { createWorkloads, LAG, LIFETIME, SHORT_INTERMEDIATE, type Workloads } from '../support/handshakes/workloads.ts';

const IDENTITIES = ['checkout', 'frontend', 'reports', 'stock'];
const HANDSHAKES = 500;
const EVENLY = { node: 1, go: 1, java: 1, openssl: 1 };
const seed = runSeed();
const world = storyWorld();
let workloads: Workloads | undefined;

beforeAll(async () => {
  workloads = await createWorkloads(world, 'restless', IDENTITIES, SHORT_INTERMEDIATE);
});

it(`no handshake fails through renewals and replaced intermediates (seed ${seed})`, async () => {
  const lab = await startLab({ ...present(workloads, 'workloads').lab, lag: { seed, upTo: LAG }, rate: 40 });
  const first = issuersIn(lab);
  await handshakesUntil(lab, (tally) => isEnough(tally) && issuersIn(lab).isDisjointFrom(first));
  expect(lab.problems).toEqual([]);
  expect(lab.tally.failures).toEqual([]);
});

it('every handshake of pods that trust somebody else fails, as clients and as servers, and no other', async () => {
  const foreign = trusting(anchorsPEM(await createAuthority('restless.example.org')));
  const lab = await startLab({
    ...present(workloads, 'workloads').lab,
    lag: { seed, upTo: LAG },
    rate: 40,
    shares: EVENLY,
    edit: (files, pod) => (trustsOthers(pod) ? foreign(files) : files),
  });
  await handshakesUntil(lab, isJudged);
  const involved = lab.tally.among((client, server) => isForeign(client) || isForeign(server));
  expect(involved.successes).toBe(0);
  expect(lab.tally.among((client, server) => !isForeign(client) && !isForeign(server)).failures).toBe(0);
});

it('handshakes of pods that lag behind for longer than a leaf lives fail, because it has expired', async () => {
  const lab = await startLab({
    ...present(workloads, 'workloads').lab,
    lag: { seed, upTo: 2 * LIFETIME, styles: [['PairLate', 1]] },
    rate: 10,
    stacks: ['node', 'go'],
    podsPerIdentity: 1,
  });
  await handshakesUntil(lab, ({ failures }) => failures.some(({ error }) => /expired/u.test(error)));
  expect(lab.tally.failed).toBeGreaterThan(0);
});

function isEnough(tally: Tally): boolean {
  return tally.total >= HANDSHAKES && everyPairMet(tally);
}

/** As a client and as a server, each stack has refused others often enough. */
function isJudged(tally: Tally): boolean {
  return STACKS.every((stack) => {
    const byClient = tally.among((client) => isForeign(client) && client.stack === stack);
    const byServer = tally.among((client, server) => !isForeign(client) && isForeign(server) && server.stack === stack);
    return byClient.failures > 2 && byServer.failures > 2;
  });
}

/** The pods of two identities of four: one for each stack. */
function trustsOthers(pod: string): boolean {
  return pod.startsWith('reports-') || pod.startsWith('stock-');
}

function isForeign({ pod }: Party): boolean {
  return trustsOthers(pod);
}

/** Lets a lab run until its counts are as asked, and ends it. */
async function handshakesUntil(lab: Lab, condition: (tally: Tally) => boolean): Promise<void> {
  try {
    await lab.until(condition);
  } finally {
    await lab.stop();
    console.log(`seed ${seed}: ${lab.tally.format()}`);
  }
}

/** Who signed the leaves that pods have now. */
function issuersIn(lab: Lab): Set<string | undefined> {
  return new Set(lab.files().map(issuerOf));
}
