// SPDX-License-Identifier: Apache-2.0
/**
 * Five minutes in which nothing is wrong, or as many as SIGNET_HEALTHY_MINUTES says, with lifetimes and the times of rules
 * thirty times as short: no alert is even pending for long enough to fire, while services come and go, the root and the
 * webhook's certificate are replaced, and another controller takes over.
 * @module
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { type Prometheus, startPrometheus } from '../../hack/observability/prometheus.ts';
import { rulesFile } from '../../hack/observability/rules/rules.ts';
import { addressesOf } from '../drill/drill.ts';
import { startProbes } from '../integration/observability/observed-world.ts';
import { webhookWorld } from '../integration/webhook/webhook-world.ts';
import { comeAndGo, createPolicies, handOver, rotateRoot } from './healthy-life.ts';

const SCALE = 30;
/** An hour thirty times as short. */
const TTL = '2m';
/** A day in four minutes, so that the webhook's certificate is replaced while somebody looks; its rule is as fast. */
const CERTIFICATE = { scale: 360, ttl: '4m', alert: 'SignetWebhookCertificateExpiring' };
const COUNT = 20;
const MINUTES = Number(process.env['SIGNET_HEALTHY_MINUTES'] ?? 5);
/** An SVID of two minutes is renewed after 72 s at the latest. */
const RENEWALS = Math.floor((MINUTES * 60) / 80);
/** For everything before and after. */
const ROOM_MS = 600_000;
/** A root goes when its last SVID has ended, and two minutes more. */
const ROTATION_MS = 420_000;
const PROBES = `probes-${randomBytes(4).toString('hex')}`;
const LIFE = [
  `--default-trust-domain-default-ttl=${TTL}`,
  `--default-trust-domain-max-ttl=${TTL}`,
  `--prober-identities=${PROBES}/server,${PROBES}/client`,
  '--prober-interval=1s',
];
const made = webhookWorld({ ttl: CERTIFICATE.ttl, flags: LIFE });
const { world } = made;
let prometheus: Prometheus | undefined;
let policies: readonly string[] = [];

afterAll(async () => {
  await prometheus?.stop();
  await world.cluster.deleteAll('ServiceIdentity', PROBES);
  await world.cluster.delete({ kind: 'Namespace', name: PROBES });
  for (const name of policies) await world.cluster.delete({ kind: 'IdentityPolicy', name });
});

interface RuleFile {
  readonly groups: readonly { readonly name: string; readonly rules: readonly { readonly alert?: string }[] }[];
}

function groupsAt(scale: number): RuleFile['groups'] {
  return (parse(rulesFile(scale, '1s')) as RuleFile).groups;
}

function rules(): string {
  const others = groupsAt(SCALE).map((group) => ({
    ...group,
    rules: group.rules.filter(({ alert }) => alert !== CERTIFICATE.alert),
  }));
  const certificate = groupsAt(CERTIFICATE.scale).flatMap((group) => {
    const its = group.rules.filter(({ alert }) => alert === CERTIFICATE.alert);
    return its.length === 0 ? [] : [{ ...group, name: `${group.name}.certificate`, rules: its }];
  });
  expect(certificate).toHaveLength(1);
  return stringify({ groups: [...others, ...certificate] });
}

async function startAnother() {
  const another = await world.start([...world.flags, ...made.installation.controllerFlags, ...LIFE]);
  await another.untilReady();
  return another;
}

it(
  'fires no alert while everything goes its way',
  async () => {
    const { signet: signer } = world;
    const { webhook } = made;
    await startProbes(world, PROBES);
    const [standby] = await Promise.all([startAnother(), signer.untilLogged('Stored SVIDs work')]);
    const scraped = await startPrometheus({ targets: await addressesOf({ signer, standby, webhook }), rules: rules() });
    prometheus = scraped;
    const begun = performance.now();
    const range = () => `${Math.ceil((performance.now() - begun) / 1000)}s`;
    /** Of counters of all processes that there were. */
    const counted = async (series: string): Promise<number> =>
      (await scraped.query(`sum(max_over_time(${series}[${range()}]))`))[0]?.value ?? 0;

    policies = await createPolicies(world);
    await Promise.all(Array.from({ length: COUNT }, () => world.issued()));
    const roll = async (): Promise<void> => {
      const third = await startAnother();
      await scraped.retarget(await addressesOf({ signer, standby, third, webhook }));
      await handOver(world, signer);
      await scraped.retarget(await addressesOf({ standby, third, webhook }));
    };
    const over = new AbortController();
    let looked = 0;
    const watch = async (): Promise<void> => {
      while (!over.signal.aborted) {
        expect((await scraped.alerts()).filter(({ state }) => state === 'firing')).toEqual([]);
        looked += 1;
        await pause(1000);
      }
    };
    const life = comeAndGo(world, over.signal);
    const whole = Promise.all([rotateRoot(world, roll, ROTATION_MS), pause(MINUTES * 60_000)]);
    await Promise.all([whole.finally(() => over.abort()), watch(), life]).finally(() => over.abort());
    const services = await life;

    expect(
      await scraped.query(`count by (alertname) (max_over_time(ALERTS{alertstate="firing"}[${range()}]))`),
    ).toEqual([]);
    const renewals = await counted('signet_issuances_total{reason="RenewalDue",result="success"}');
    expect(renewals).toBeGreaterThanOrEqual(COUNT * RENEWALS);
    expect(await counted('signet_probe_handshakes_total{result="success"}')).toBeGreaterThan(MINUTES * 20);
    expect(await counted('signet_admission_reviews_total{kind="Pod",outcome="allowed"}')).toBeGreaterThanOrEqual(
      services,
    );
    expect(await counted('signet_webhook_certificate_steps_total{step="Promote"}')).toBeGreaterThan(0);
    console.log(
      `nothing fired in ${range()}, looked at ${looked} times, with ${renewals} renewals, ${services} services`,
    );
  },
  MINUTES * 60_000 + ROOM_MS,
);
