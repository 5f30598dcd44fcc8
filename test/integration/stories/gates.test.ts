// SPDX-License-Identifier: Apache-2.0
/**
 * Stories of an identity that is not issued, says why in words, and is issued by itself once the reason is gone.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { requestsOf, writesIn } from './requests.ts';
import { current, NAME, storyWorld, TRUST_DOMAIN, type World } from './world.ts';

const world: World = storyWorld();

async function secretsIn(namespace: string): Promise<number> {
  const secrets = await world.cluster.list('Secret', namespace);
  return secrets.length;
}

describe.concurrent('an identity waits for', () => {
  it('its TrustDomain to allow the namespace, also when the label comes later', async () => {
    const namespace = await world.namespace({});
    await world.identity(namespace);
    const waiting = await world.because(namespace, 'NamespaceNotAllowed');
    expect(current(waiting)).toMatchObject({ status: 'False' });
    expect(current(waiting)?.message).toContain(namespace);
    expect(await secretsIn(namespace)).toBe(0);
    const labels = world.selector.matchLabels;
    await world.cluster.patch({ kind: 'Namespace', name: namespace }, { metadata: { labels } });
    await world.ready(namespace);
  });

  it('its namespace to be allowed again; until then it keeps what it has and gets nothing new', async () => {
    const { namespace, identity } = await world.issued();
    const labels = Object.fromEntries(Object.keys(world.selector.matchLabels).map((key) => [key, null]));
    await world.cluster.patch({ kind: 'Namespace', name: namespace }, { metadata: { labels } });
    expect(current(await world.because(namespace, 'NamespaceNotAllowed'))).toMatchObject({ status: 'True' });
    await world.patch(namespace, { renewRequest: 'now' });
    const held = await world.until(namespace, (now) => current(now) !== undefined);
    expect(held.status?.serialNumber).toBe(identity.status?.serialNumber);
    const allowed = { metadata: { labels: world.selector.matchLabels } };
    await world.cluster.patch({ kind: 'Namespace', name: namespace }, allowed);
    await world.reissued(identity);
  });

  it('its ServiceAccount to be created', async () => {
    const namespace = await world.namespace();
    await world.identity(namespace, { serviceAccountName: 'later' });
    const waiting = await world.because(namespace, 'ServiceAccountNotFound');
    expect(current(waiting)?.message).toContain('later');
    expect(await secretsIn(namespace)).toBe(0);
    await world.serviceAccount(namespace, 'later');
    const ready = await world.ready(namespace);
    expect(ready.status?.spiffeID).toBe(`spiffe://${TRUST_DOMAIN}/ns/${namespace}/sa/later`);
  });

  it('its TrustDomain to be created', async () => {
    const namespace = await world.namespace();
    const name = `late-${world.installation.namespace}`;
    await world.identity(namespace, { trustDomainRef: { name } });
    expect(current(await world.because(namespace, 'TrustDomainNotFound'))?.message).toContain(name);
    await world.trustDomain(name, { trustDomain: 'late.example', allowedNamespaces: world.selector });
    expect((await world.ready(namespace)).status?.spiffeID).toContain('spiffe://late.example/');
  });

  it('its suspension to end; what was issued before stays', async () => {
    const namespace = await world.namespace();
    await world.identity(namespace, { suspend: true });
    expect(current(await world.because(namespace, 'Suspended'))).toMatchObject({ status: 'False' });
    expect(await secretsIn(namespace)).toBe(0);
    await world.patch(namespace, { suspend: false });
    const issued = await world.ready(namespace);

    await world.patch(namespace, { suspend: true });
    expect(current(await world.because(namespace, 'Suspended'))).toMatchObject({ status: 'True' });
    await world.patch(namespace, { renewRequest: 'not now' });
    const held = await world.until(namespace, (now) => current(now) !== undefined);
    expect(held.status?.serialNumber).toBe(issued.status?.serialNumber);
    await world.patch(namespace, { suspend: false });
    await world.reissued(issued);
  });

  it('names of its own namespace', async () => {
    const namespace = await world.namespace();
    await world.identity(namespace, { dnsNames: ['db.prod.svc', `ok.${namespace}.svc`] });
    const refused = await world.because(namespace, 'InvalidSpec');
    expect(current(refused)?.message).toContain('db.prod.svc');
    expect(current(refused)?.message).not.toContain(`ok.${namespace}`);
    expect(await secretsIn(namespace)).toBe(0);
    await world.patch(namespace, { dnsNames: [`ok.${namespace}.svc`] });
    await world.ready(namespace);
  });

  it('one of two TrustDomains with the same trust domain name to go: the older one serves', async () => {
    const [older, younger] = ['older', 'younger'].map((age) => `${age}-${world.installation.namespace}`) as [
      string,
      string,
    ];
    const spec = { trustDomain: 'twice.example', allowedNamespaces: world.selector };
    const { metadata } = await world.trustDomain(older, spec);
    await untilNextSecond(metadata.creationTimestamp);
    await world.trustDomain(younger, spec);
    const conflict = await world.untilTrustDomain(younger, (now) => current(now)?.reason === 'Conflict');
    expect(current(conflict)?.message).toContain(older);

    const namespace = await world.namespace();
    await world.identity(namespace, { trustDomainRef: { name: younger } });
    await world.because(namespace, 'TrustDomainConflict');
    await world.identity(namespace, { trustDomainRef: { name: older } }, 'served');
    await world.ready(namespace, 'served');
    expect(await secretsIn(namespace)).toBe(1);

    await world.cluster.delete({ kind: 'TrustDomain', name: older });
    await world.ready(namespace);
    await world.because(namespace, 'TrustDomainNotFound', 'served');
  });
});

describe.concurrent('nothing is ever issued', () => {
  it("in the controller's own namespace", async () => {
    const { namespace } = world.installation;
    const labels = world.selector.matchLabels;
    await world.cluster.patch({ kind: 'Namespace', name: namespace }, { metadata: { labels } });
    await world.serviceAccount(namespace);
    await world.identity(namespace);
    expect(current(await world.because(namespace, 'NamespaceReserved'))).toMatchObject({ status: 'False' });
    expect(await world.cluster.get({ kind: 'Secret', namespace, name: `${NAME}-svid` })).toBeUndefined();
    await world.cluster.delete({ kind: 'ServiceIdentity', namespace, name: NAME });
  });

  it('in a namespace that is going away', async () => {
    const { namespace, identity } = await world.issued();
    // Something else keeps the namespace from going at once, as a stuck finalizer would.
    const held = { name: 'held', namespace, finalizers: ['example.org/hold'] };
    await world.cluster.create({ kind: 'ConfigMap', metadata: held });
    await world.cluster.patch(
      { kind: 'ServiceIdentity', namespace, name: NAME },
      { metadata: { finalizers: ['example.org/hold'] } },
    );
    await world.cluster.delete({ kind: 'Namespace', name: namespace });
    await world.cluster.until({ kind: 'Secret', namespace, name: `${NAME}-svid` }, (now) => now === undefined);
    const release = { metadata: { finalizers: null } };
    await world.cluster.patch({ kind: 'ServiceIdentity', namespace, name: NAME }, release);
    await world.cluster.patch({ kind: 'ConfigMap', namespace, name: 'held' }, release);
    await world.cluster.until({ kind: 'Namespace', name: namespace }, (now) => now === undefined);
    const secretWrites = writesIn(await requestsOf(world.installation.user), namespace).filter((write) =>
      write.endsWith(' secrets'),
    );
    expect(secretWrites).toEqual(['create secrets']);
    expect(identity.status?.serialNumber).toBeDefined();
  });
});

describe.concurrent('the API server refuses the write', () => {
  it('because of a quota: the condition has its answer, and it is issued when the quota is lifted', async () => {
    const namespace = await world.namespace();
    const quota = { kind: 'ResourceQuota', namespace, name: 'tight' } as const;
    await world.cluster.create({
      kind: 'ResourceQuota',
      metadata: { name: quota.name, namespace },
      spec: { hard: { 'count/secrets': '0' } },
    });
    await world.cluster.until(quota, (now) => JSON.stringify(now?.['status'] ?? {}).includes('count/secrets'));
    await world.identity(namespace);
    const refused = await world.because(namespace, 'WriteRefused');
    expect(current(refused)?.message).toContain('exceeded quota: tight');
    await world.cluster.delete(quota);
    await world.ready(namespace);
  });

  it('because of a policy of somebody else: an SVID that is good stays Ready, a new one is not', async () => {
    const { namespace, identity } = await world.issued();
    const name = `refuse-${namespace}`;
    const lift = await policyAgainstSecrets(name, namespace);
    await world.patch(namespace, { renewRequest: 'now' });
    const stuck = await world.because(namespace, 'WriteRefused');
    expect(current(stuck)).toMatchObject({ status: 'True' });
    expect(current(stuck)?.message).toContain('secrets are closed today');
    expect(stuck.status?.serialNumber).toBe(identity.status?.serialNumber);
    await world.identity(namespace, {}, 'second');
    expect(current(await world.because(namespace, 'WriteRefused', 'second'))).toMatchObject({ status: 'False' });
    await lift();
    await world.reissued(identity);
    await world.ready(namespace, 'second');
  });

  it('because a webhook of somebody else is down', async () => {
    const namespace = await world.namespace();
    const name = `down-${namespace}`;
    await world.cluster.create({
      kind: 'ValidatingWebhookConfiguration',
      metadata: { name },
      webhooks: [
        {
          name: 'down.example.org',
          clientConfig: { url: 'https://127.0.0.1:1/' },
          rules: [{ apiGroups: [''], apiVersions: ['v1'], resources: ['secrets'], operations: ['CREATE'] }],
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
          timeoutSeconds: 1,
        },
      ],
    });
    await untilSecretsAreRefused(namespace);
    await world.identity(namespace);
    const refused = await world.because(namespace, 'WriteRefused');
    expect(current(refused)?.message).toContain('down.example.org');
    await world.cluster.delete({ kind: 'ValidatingWebhookConfiguration', name });
    await world.ready(namespace);
  });
});

async function policyAgainstSecrets(name: string, namespace: string): Promise<() => Promise<void>> {
  await world.cluster.create({
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name },
    spec: {
      failurePolicy: 'Fail',
      matchConstraints: {
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
        resourceRules: [
          { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['secrets'] },
        ],
      },
      validations: [{ expression: 'false', message: 'secrets are closed today' }],
    },
  });
  await world.cluster.create({
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name },
    spec: { policyName: name, validationActions: ['Deny'] },
  });
  await untilSecretsAreRefused(namespace);
  return async () => {
    await world.cluster.delete({ kind: 'ValidatingAdmissionPolicyBinding', name });
    await world.cluster.delete({ kind: 'ValidatingAdmissionPolicy', name });
  };
}

/** The API server takes up such configuration a moment later. */
async function untilSecretsAreRefused(namespace: string): Promise<void> {
  for (let i = 0; ; i += 1) {
    try {
      await world.cluster.create({ kind: 'Secret', metadata: { name: `probe-${i}`, namespace } });
    } catch {
      return;
    }
  }
}

/** Creation times have whole seconds; of two in the same second, the uid would decide. */
async function untilNextSecond(creationTimestamp: string): Promise<void> {
  const namespace = await world.namespace();
  for (let i = 0; ; i += 1) {
    const { metadata } = await world.cluster.create({ kind: 'ConfigMap', metadata: { name: `tick-${i}`, namespace } });
    if (metadata.creationTimestamp > creationTimestamp) return;
  }
}
