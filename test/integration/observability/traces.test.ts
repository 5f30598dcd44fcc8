// SPDX-License-Identifier: Apache-2.0
/**
 * Stories of whoever asks for traces: what arrives at a collector of one issuance and one review on the real API server,
 * what does not, and what becomes of the program when nobody takes them.
 * @module
 */
import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../../hack/controlplane/ports.ts';
import { SPAN_ATTRIBUTES, SPANS } from '../../../src/observability/span-catalog.ts';
import { kubectl } from '../../support/control-plane.ts';
import { type OTLPReceiver, outline, type SpanTree, spansIn, startReceiver } from '../../support/otlp-receiver.ts';
import type { LogLine, SignetProcess } from '../../support/signet-process.ts';
import { installWebhook, type WebhookInstallation } from '../../support/webhook.ts';
import { isReady, NAME, present, storyWorld, TRUST_DOMAIN } from '../stories/world.ts';

const world = storyWorld({ running: false });
const BINDING = 'signet-traced';
const TOKEN = 'collector-token-that-nobody-may-see';
let installation: WebhookInstallation | undefined;
let receiver: OTLPReceiver;
let probed: string;

beforeAll(async () => {
  receiver = await startReceiver();
  installation = await installWebhook(world.installation);
  const { namespace } = world.installation;
  const subject = `--serviceaccount=${namespace}:signet-controller`;
  await kubectl(['create', 'clusterrolebinding', BINDING, '--clusterrole=signet-webhook', subject]);
  await installation.applyConfigurations();
  probed = await world.namespace();
});

afterAll(async () => {
  await kubectl(['delete', 'clusterrolebinding', BINDING, '--ignore-not-found']);
  await installation?.remove();
  await receiver.close();
});

/** Controller and webhook in one process, two services to a collector. */
async function both(flags: readonly string[], environment: Readonly<Record<string, string>>): Promise<SignetProcess> {
  const { controllerFlags, port } = present(installation, 'webhook');
  const address = [`--webhook-address=127.0.0.1:${port}`, '--webhook-shutdown-delay=1s'];
  const signet = await world.startAs({
    role: 'all',
    flags: [...world.flags, ...controllerFlags, ...address, ...flags],
    environment,
  });
  await signet.untilLogged('Admission works');
  await world.untilTrustDomain('default', isReady);
  return signet;
}

function inSpan(name: string, tree: SpanTree): SpanTree {
  return present(
    spansIn(tree).find((span) => span.name === name),
    `span ${name} in\n${outline(tree)}`,
  );
}

describe('an operator who has a collector', () => {
  let signet: SignetProcess;
  /** Lines are written a moment after what they tell of. */
  const lineWith = async (fields: Readonly<Record<string, unknown>>): Promise<LogLine> => {
    const find = async () =>
      (await signet.log()).find((line) => Object.entries(fields).every(([key, value]) => line[key] === value));
    await expect.poll(find).toBeDefined();
    return present(await find(), `line with ${JSON.stringify(fields)}`);
  };

  beforeAll(async () => {
    const probes = [`--prober-identities=${probed}/server,${probed}/client`, '--prober-interval=1s'];
    const environment = { OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20${TOKEN}` };
    signet = await both([`--otlp-endpoint=${receiver.url}`, ...probes], environment);
  });

  it('sees where the time of an issuance went, and finds it by what status, log and audit stream say', async () => {
    const { namespace, identity } = await world.issued();
    const { uid, generation } = identity.metadata;
    const key = `${namespace}/${NAME}`;
    const tree = await receiver.untilTrace(
      ({ attributes }) => attributes['signet.key'] === key,
      (trace) => spansIn(trace).some(({ name }) => name === 'issue'),
    );
    expect(outline(tree)).toBe(
      [
        'reconcile',
        '  issue',
        '    mint',
        '    verify',
        '    store',
        '      create secrets',
        '  update serviceidentities',
      ].join('\n'),
    );
    expect(tree).toMatchObject({
      service: 'signet-controller',
      attributes: { 'signet.controller': 'service-identity', 'signet.retry': 0, 'signet.outcome': 'requeue_after' },
      status: { code: 0 },
    });
    expect(tree.attributes['signet.queue_wait_ms']).toBeGreaterThanOrEqual(0);
    const { spiffeID, serialNumber, authorityID } = identity.status ?? {};
    expect(inSpan('issue', tree).attributes).toEqual({
      'signet.reason': 'FirstIssuance',
      'signet.correlation_id': `${uid}:${generation}`,
      'k8s.namespace.name': namespace,
      'signet.object_name': NAME,
      'signet.spiffe_id': spiffeID,
      'signet.serial_number': serialNumber,
      'signet.authority_id': authorityID,
    });
    expect(spiffeID).toBe(`spiffe://${TRUST_DOMAIN}/ns/${namespace}/sa/${NAME}`);
    expect(inSpan('create secrets', tree).attributes).toEqual({ 'http.response.status_code': 201 });
    expect(inSpan('update serviceidentities', tree).attributes).toEqual({ 'http.response.status_code': 200 });
    for (const part of spansIn(tree)) {
      expect(part.startedAt).toBeGreaterThanOrEqual(tree.startedAt);
      expect(part.endedAt).toBeLessThanOrEqual(tree.endedAt);
    }

    expect(await lineWith({ msg: 'Issued X509-SVID', serialNumber })).toMatchObject({ trace_id: tree.traceID });
    expect(await lineWith({ code: 'SVID_ISSUED', serialNumber })).toMatchObject({
      trace_id: tree.traceID,
      correlationID: `${uid}:${generation}`,
    });
    // The webhook was asked about the same object before.
    const review = await receiver.untilTrace(
      ({ name, attributes }) => name === 'review' && attributes['signet.correlation_id'] === `${uid}:${generation}`,
    );
    expect(review).toMatchObject({ service: 'signet-webhook', attributes: { 'signet.allowed': true } });
  });

  it('sees why an SVID was replaced', async () => {
    const { namespace, identity } = await world.issued();
    await world.patch(namespace, { renewRequest: 'now' });
    await world.reissued(identity);
    const tree = await receiver.untilTrace(
      ({ attributes }) => attributes['signet.key'] === `${namespace}/${NAME}`,
      (trace) => spansIn(trace).some(({ attributes }) => attributes['signet.reason'] === 'RenewRequested'),
    );
    expect(outline(inSpan('store', tree))).toBe('store\n  update secrets');
  });

  it('sees a review with who had something against it, and no user', async () => {
    const namespace = await world.namespace();
    await expect(world.identity(namespace, { dnsNames: ['www.google.com'] }, 'forged')).rejects.toThrow(
      'www.google.com',
    );
    const review = await receiver.untilTrace(({ attributes }) => attributes['signet.object_name'] === 'forged');
    expect(review).toMatchObject({
      name: 'review',
      service: 'signet-webhook',
      kind: 2,
      attributes: {
        'signet.object_kind': 'ServiceIdentity.signet.dev',
        'signet.operation': 'CREATE',
        'k8s.namespace.name': namespace,
        'signet.dry_run': false,
        'signet.outcome': 'denied',
        'signet.allowed': false,
      },
    });
    const refused = await lineWith({ msg: 'Refused', name: 'forged' });
    expect(refused).toMatchObject({ trace_id: review.traceID, uid: review.attributes['signet.review_uid'] });
    expect(await lineWith({ code: 'ADMISSION_DENIED', name: 'forged' })).toMatchObject({ trace_id: review.traceID });
    expect(JSON.stringify(review.attributes)).not.toContain(String(refused['user']));
  });

  it('sees the steps of an authority and the handshakes of the prober', async () => {
    const step = await receiver.untilTrace(
      ({ attributes }) => attributes['signet.key'] === 'default',
      (trace) => spansIn(trace).some(({ attributes }) => attributes['signet.step'] === 'CreateIssuing'),
    );
    const steps = spansIn(step).filter(({ name }) => name === 'authority step');
    expect(steps.map(({ attributes }) => attributes)).toEqual([
      { 'signet.trust_domain': 'default', 'signet.step': 'CreateRoot' },
      { 'signet.trust_domain': 'default', 'signet.step': 'CreateIssuing' },
    ]);
    for (const { parts } of steps) expect(parts.map(({ name }) => name)).toContain('create secrets');

    const missing = await receiver.untilTrace(({ name }) => name === 'probe');
    expect(missing).toMatchObject({ attributes: { 'signet.outcome': 'missing' }, status: { code: 2 } });
    await world.serviceAccount(probed, 'server');
    await Promise.all(['server', 'client'].map((name) => world.identity(probed, {}, name)));
    const probe = await receiver.untilTrace(
      ({ name, attributes }) => name === 'probe' && attributes['signet.outcome'] === 'success',
    );
    expect(probe.parts.map(({ name }) => name)).toEqual(['get secrets', 'get secrets', 'get configmaps', 'handshake']);
  });

  it('gets what the catalog says, and nothing secret', async () => {
    const { namespace } = await world.issued();
    const key = await world.secret(namespace);
    await receiver.untilTrace(({ attributes }) => attributes['signet.key'] === `${namespace}/${NAME}`);
    const calls = SPANS['<verb> <resource>'];
    for (const { name, attributes } of receiver.spans) {
      const entry = SPANS[name] ?? (/^(get|list|create|update|patch|delete) [a-z]+$/.test(name) ? calls : undefined);
      const allowed: readonly string[] = [...(entry?.attributes ?? []), 'error.type'];
      expect([name, Object.keys(attributes).filter((attribute) => !allowed.includes(attribute))]).toEqual([name, []]);
    }
    const seen = new Set(receiver.spans.flatMap(({ attributes }) => Object.keys(attributes)));
    const rare = ['signet.renewal_time', 'http.request.resend_count', 'signet.policies'];
    expect(Object.keys(SPAN_ATTRIBUTES).filter((name) => !seen.has(name) && !rare.includes(name))).toEqual([]);

    const sent = receiver.bodies.join('\n');
    for (const mark of ['PRIVATE KEY', 'LS0tLS1CRUdJTi', 'eyJ', TOKEN, key.data?.['tls.key'] ?? 'no key']) {
      expect([mark, sent.includes(mark)]).toEqual([mark, false]);
    }
    expect(receiver.headers.every(({ authorization }) => authorization === `Bearer ${TOKEN}`)).toBe(true);
    expect(await signet.output()).not.toContain(TOKEN);
  });

  it('loses nothing when the program stops', async () => {
    const { namespace } = await world.issued();
    expect(await signet.stop()).toEqual({ code: 0, signal: null });
    const issued = receiver.spans.filter(({ attributes }) => attributes['k8s.namespace.name'] === namespace);
    expect(issued.map(({ name }) => name)).toContain('issue');
  });
});

it('a program that was not asked for traces loads nothing of OpenTelemetry', async () => {
  const directory = await mkdtemp(path.join(world.installation.directory, 'coverage-'));
  // Node.js writes what it has loaded when it ends.
  const signet = await both([], { NODE_V8_COVERAGE: directory });
  const { namespace } = await world.issued();
  expect((await world.secret(namespace)).metadata.name).toBe(`${NAME}-svid`);
  expect((await signet.stop()).code).toBe(0);
  const files = await readdir(directory);
  const texts = await Promise.all(files.map((file) => readFile(path.join(directory, file), 'utf8')));
  const loaded = texts.flatMap((text) =>
    (JSON.parse(text) as { result: { url: string }[] }).result.map(({ url }) => url),
  );
  expect(loaded.some((url) => url.includes('/node_modules/express/'))).toBe(true);
  // prom-client loads the bare interface of OpenTelemetry by itself.
  const packages = loaded.flatMap((url) => /\/node_modules\/(@opentelemetry\/[^/]+)\//.exec(url)?.[1] ?? []);
  expect([...new Set(packages)]).toEqual(['@opentelemetry/api']);
  expect(loaded.filter((url) => /\/src\/observability\/(otel-tracer|span-batches)\.ts$/.test(url))).toEqual([]);
});

describe.each(['refuses', 'is silent', 'never ends its answer'])('a collector that %s', (manner) => {
  it('harms nothing: one warning, a counter, and the program stops in time', async () => {
    const strange = await startReceiver();
    strange.answerWith(manner === 'is silent' ? 'silence' : 'endless');
    const url = manner === 'refuses' ? `http://127.0.0.1:${await freePort()}` : strange.url;
    const signet = await both([`--otlp-endpoint=${url}`], {});
    for (let round = 0; round < 3; round += 1) await world.issued();
    const warned = await signet.untilLogged('Spans do not reach the collector and are dropped');
    expect(warned['dropped']).toBeGreaterThan(0);
    // The warning may be that of the webhook, whose metrics are elsewhere.
    await expect.poll(() => droppedBy(signet), { timeout: 20_000 }).toBeGreaterThan(0);
    expect(await signet.stop()).toEqual({ code: 0, signal: null });
    const log = await signet.log();
    const warnings = log.filter(({ msg }) => msg === 'Spans do not reach the collector and are dropped');
    // Controller and webhook have each their own.
    expect(warnings.length).toBeLessThanOrEqual(2);
    expect(log.filter(({ msg }) => msg === 'Stopped').map(({ unfinished }) => unfinished)).toEqual([[], []]);
    await strange.close();
  });
});

async function droppedBy(signet: SignetProcess): Promise<number> {
  const { text } = await signet.ask('/metrics');
  return Number(/^signet_spans_total\{result="dropped"\} (\d+)$/m.exec(text)?.[1]);
}
