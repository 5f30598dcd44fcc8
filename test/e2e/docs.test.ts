// SPDX-License-Identifier: Apache-2.0
/**
 * A platform engineer with the pages and nothing else: installs, issues, observes, rotates, looks where every runbook
 * says to look, mends, upgrades and uninstalls, typing word for word what stands there but for the image's name.
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { obtainProgram } from '../../hack/controlplane/programs.ts';
import { silentProgress } from '../../hack/progress.ts';
import { scripts, typedOf } from '../support/docs/commands.ts';
import { readPages } from '../support/docs/pages.ts';
import { blockWith, createReader, type Reader, withoutLines } from '../support/docs/run.ts';
import { monitoring } from '../support/prometheus-operator.ts';
import { openScene, type Scene, SYSTEM, until } from './support/scene.ts';

const PAGES = readPages();
const RUNBOOKS = [...PAGES.keys()].filter((file) => file.startsWith('docs/runbooks/'));
/** What takes a metrics server. */
const ELSEWHERE = /^kubectl top /u;
const READ_ONLY = /^kubectl (?:get \w|describe |events |auth can-i )/u;
const BREAK_GLASS = 'kubectl --as=admin --as-group=signet.dev:break-glass --as-group=system:masters';

interface Deployment {
  readonly spec: { readonly template: { readonly spec: { readonly containers: readonly { args: string[] }[] } } };
}

let scene: Scene;
let reader: Reader;
let home: string;
/** The names of this place. */
let names: Readonly<Record<string, string>>;

beforeAll(async () => {
  scene = await openScene();
  home = await mkdtemp(path.join(tmpdir(), 'signet-reader-'));
  const helm = await obtainProgram('helm', process.env, silentProgress());
  const { program, kubeconfig } = scene.using;
  reader = await createReader({ programs: [program, helm].map((file) => path.dirname(file)), kubeconfig, home });
  const [repository = '', tag = ''] = scene.image.split(/:(?=[^:/]*$)/u);
  names = {
    'docker build -t registry.example.org/signet:0.1.0 . && docker push registry.example.org/signet:0.1.0': ':',
    'image.repository=registry.example.org/signet': `image.repository=${repository},image.tag=${tag},image.pullPolicy=Never`,
    '<chart of the new release>': 'charts/signet',
    '<account of the manager>': 'system:serviceaccount:kube-system:default',
    '<user>': 'somebody',
    '<namespace>': 'shop',
    '<trust-domain>': 'default',
    '<policy>': 'signet-controller-secrets',
  };
  await scene.apply(monitoring('ServiceMonitor'), monitoring('PodMonitor'), monitoring('PrometheusRule'));
});
afterAll(async () => {
  if (scene.node === undefined) await scene.kubectl(['delete', 'namespace', 'probes', '--ignore-not-found']);
  await scene.close();
  await rm(home, { recursive: true, force: true });
});

/** Types what a page has in the block with this in it. */
async function type(file: string, contained: string, more: Readonly<Record<string, string>> = {}): Promise<string> {
  return reader.run(typedOf(blockWith(file, contained)), { ...names, ...more });
}

async function settled(): Promise<void> {
  for (const deployment of ['deployment/signet-controller', 'deployment/signet-webhook']) {
    await scene.kubectl(['rollout', 'status', deployment, `--namespace=${SYSTEM}`, '--timeout=180s']);
  }
  // Nobody looks into what is shown as Terminating.
  await until('the end of the pods before', 60_000, async () => {
    const ending = (await podsOf()).filter(({ metadata }) => metadata.deletionTimestamp !== undefined);
    return ending.length === 0 ? true : undefined;
  });
  await scene.kubectl(['wait', '--for=condition=Ready', 'sid', '--all', '-A', '--timeout=60s']);
}

interface Pod {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
}

async function podsOf(...selector: readonly string[]): Promise<readonly Pod[]> {
  return (await scene.get<{ items: Pod[] }>('pods', '-n', SYSTEM, ...selector)).items;
}

async function podOf(component: string): Promise<string> {
  const [pod] = await podsOf('-l', `app.kubernetes.io/component=${component}`);
  return pod?.metadata.name ?? '';
}

it('installs, and proves that it works', async () => {
  await type('docs/install.md', 'kubectl create namespace signet-system');
  expect(await type('docs/install.md', 'helm test signet')).toMatch(/Phase:\s+Succeeded/u);
});

it('has a first identity', async () => {
  await type('docs/install.md', 'kubectl create serviceaccount checkout');
  await settled();
  expect(await reader.run('kubectl get sid -n shop')).toMatch(
    /True +spiffe:\/\/prod\.example\.org\/ns\/shop\/sa\/checkout/u,
  );
  await type('docs/formats.md', 'from-file=password=/dev/stdin');
});

it('is observed', async () => {
  await type('docs/observability.md', 'metrics.serviceMonitor.enabled=true');
  const made = await reader.run('kubectl get servicemonitor,prometheusrule,cm -n signet-system -o name');
  expect(made).toContain('servicemonitor.monitoring.coreos.com/signet');
  expect(made).toContain('prometheusrule.monitoring.coreos.com/signet');
  expect(made.match(/dashboard/gu)?.length).toBeGreaterThan(2);
  await settled();
});

it('has a prober', async () => {
  await type('docs/observability.md', 'kubectl create namespace probes');
  await settled();
  expect(await reader.run('kubectl get sid -n probes -o name')).toMatch(/client\n.*server\n/u);
});

it('sends traces', async () => {
  await type('docs/observability.md', 'tracing.endpoint=');
  await type('docs/observability.md', 'kubectl create secret generic collector-headers');
  await settled();
  const deployment = await scene.get<Deployment>('deploy', 'signet-controller', '-n', SYSTEM);
  const args = deployment.spec.template.spec.containers.flatMap((container) => container.args).join(' ');
  // Every line keeps what those before it have set.
  expect(args).toMatch(/--prober-identities=probes\/server,probes\/client/u);
  expect(args).toMatch(/--otlp-endpoint=http:\/\/otel-collector\.observability:4318/u);
});

it('rotates its root when it is asked to', async () => {
  await type('docs/rotation.md', 'kubectl patch td default');
  await scene.kubectl(['wait', 'td/default', '--for=jsonpath={.status.rotation.id}=2026-11-drill', '--timeout=60s']);
});

it('answers where troubleshooting begins', async () => {
  expect(await type('docs/troubleshooting.md', 'kubectl describe sid -n shop checkout')).toContain('Ready');
  expect(await type('docs/observability.md', '"channel":"audit"')).toContain('SIGNER_CHANGED');
});

it.each(RUNBOOKS)('shows what %s looks at', async (file) => {
  await scene.apply({
    apiVersion: 'signet.dev/v1alpha1',
    kind: 'IdentityPolicy',
    metadata: { name: 'checkout' },
    spec: { enforcement: 'Audit', issue: { keyAlgorithms: ['ECDSA-P256'] } },
  });
  const component = file.includes('admission') ? 'webhook' : 'controller';
  const name = file.includes('secrets-tampered') ? 'checkout-svid' : 'checkout';
  const [look] = PAGES.get(file)?.blocks.filter(({ language }) => language === 'sh') ?? [];
  const script = withoutLines(look?.text ?? ':', ELSEWHERE);
  await reader.run(script, { ...names, '<pod>': await podOf(component), '<name>': name });
});

it.each(
  scripts(PAGES)
    .filter(({ kind, text }) => kind === 'Sentence' && READ_ONLY.test(text) && !text.includes('...'))
    .map(({ place }) => place.split(', ').slice(1).join(', ')),
)('answers to what a sentence says: %s', async (command) => {
  await reader.run(command, { ...names, '<name>': 'checkout', NAME: 'checkout' });
});

/** Types what a runbook says under Fix, all of it. */
async function fix(runbook: string): Promise<void> {
  const blocks = PAGES.get(`docs/runbooks/${runbook}.md`)?.blocks.filter(({ language }) => language === 'sh') ?? [];
  for (const { text } of blocks.slice(1)) {
    await reader.run(text, { ...names, '<name>': 'checkout', '<pod>': await podOf('controller') });
  }
  await settled();
}

it.each([
  'down',
  'no-signer',
  'watch-stale',
  'admission-failing',
  'authority-overdue',
  'secrets-tampered',
  'svids-expired',
])('mends by what %s says', (runbook) => fix(runbook));

it('mends the certificate of the webhook as a member of the group that its runbook names', async () => {
  const { text } = blockWith('docs/runbooks/webhook-certificate-expiring.md', 'kubectl delete secret');
  expect((await reader.try(text)).stderr).toContain('signet.dev:break-glass');
  await reader.run(text, { kubectl: BREAK_GLASS });
  await scene.kubectl(['wait', '--for=create', 'secret/signet-webhook-serving', `--namespace=${SYSTEM}`]);
  await settled();
});

it('is upgraded and rolled back', async () => {
  await type('docs/upgrade.md', 'helm upgrade signet');
  await type('docs/upgrade.md', 'helm rollback signet');
  await settled();
});

it('is uninstalled, comes back by the words of README, and leaves for good', async () => {
  await type('docs/uninstall.md', 'helm uninstall signet');
  await type('README.md', 'helm install signet');
  await settled();
  await type('docs/uninstall.md', 'helm uninstall signet');
  // API servers forget each guard against deletion a moment after it is gone.
  for (const guarded of ['trustdomains --all', `namespace ${SYSTEM}`]) {
    await expect
      .poll(() => reader.run(`kubectl delete ${guarded} --dry-run=server || true`), { timeout: 60_000 })
      .toContain('deleted');
  }
  await type('docs/uninstall.md', 'kubectl delete trustdomains --all');
  expect(await reader.run('kubectl get crd -o name')).not.toContain('signet.dev');
  expect(await reader.run('kubectl get ns -o name | grep signet')).toBe('');
});
