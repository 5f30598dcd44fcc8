// SPDX-License-Identifier: Apache-2.0
/**
 * A reader without a kubelet: runs the controller by hand, word for word as README says, and then what the pages of the
 * examples say; every identity becomes Ready.
 * @module
 */
import { mkdtemp } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type ControlPlane, startControlPlane } from '../../../hack/controlplane/control-plane.ts';
import { logTail, type Program, Supervisor } from '../../../hack/controlplane/process.ts';
import { createProgress } from '../../../hack/progress.ts';
import { API_VERSION } from '../../../src/api/well-known.ts';
import { typedOf } from '../../support/docs/commands.ts';
import { KUBERNETES, OWN_NAMES } from '../../support/docs/kinds.ts';
import { documentsOf, ROOT, readPages } from '../../support/docs/pages.ts';
import { blockWith, createReader, MANNERS, type Reader } from '../../support/docs/run.ts';

/** Their pages say what to apply; those of basics stand in examples/README.md. */
const EXAMPLES = [...readPages().keys()].filter((file) => /^examples\/[\w-]+\/README\.md$/u.test(file));

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: object;
}

const supervisor = Supervisor.create();
let plane: ControlPlane | undefined;
let reader: Reader;
let controller: Program | undefined;

beforeAll(async () => {
  // The API server's policies for signet-system are for the whole cluster, so that others of this worker would feel them.
  plane = await startControlPlane({ local: true, progress: createProgress() });
  const home = await mkdtemp(path.join(plane.directory, 'home-'));
  const { program } = plane.kubectl;
  reader = await createReader({ programs: [path.dirname(program)], kubeconfig: plane.kubeconfig, home });
});
afterAll(async () => {
  await supervisor.close();
  await plane?.stop();
});

/** Waits as kubectl does; an Error with the end of the controller's log otherwise. */
async function waitFor(...args: readonly string[]): Promise<void> {
  const said = await reader.try(`kubectl wait --timeout=90s ${args.join(' ')}`);
  if (said.code !== 0) throw new Error(`${said.stderr}\n${logTail(controller?.logFile ?? '', 40)}`);
}

it('runs the controller as README says', async () => {
  const script = blockWith('README.md', 'dist/main.js controller').text;
  controller = await supervisor.start({
    name: 'readme',
    command: 'bash',
    args: ['-c', `${MANNERS}${script}`],
    cwd: ROOT,
    // Two of them may run on this machine; nothing else is otherwise than on the page.
    environment: { ...reader.environment, SIGNET_METRICS_ADDRESS: '127.0.0.1:0' },
    logFile: path.join(plane?.directory ?? '', 'readme.log'),
  });
  const { logFile, exit } = controller;
  await vi.waitFor(
    async () => {
      const { code } = await reader.try('kubectl get td default');
      if (code !== 0) throw new Error(`no TrustDomain yet\n${logTail(logFile, 40)}`);
    },
    // The words build the program, too.
    { timeout: 150_000, interval: 500 },
  );
  expect(exit()).toBeUndefined();
  await waitFor('--for=condition=Ready', 'td/default');
});

it('issues what the page of the examples applies', async () => {
  const session = typedOf(blockWith('examples/README.md', 'kubectl apply -f examples/basics'));
  expect(await reader.run(session)).toContain('spiffe://example.org/ns/shop/sa/checkout');
  await waitFor('--for=condition=Ready', 'sid', '--all', '-A');
});

it.each(EXAMPLES)('applies what %s says', async (file) => {
  const blocks = readPages().get(file)?.blocks ?? [];
  for (const block of blocks.filter(({ text }) => text.includes('$ kubectl'))) await reader.run(typedOf(block));
  await waitFor('--for=condition=Ready', 'sid', '--all', '-A');
});

/** Of ours, whole, each by a name that nothing has yet. */
const OBJECTS = [...readPages().values()].flatMap((page) =>
  documentsOf(page)
    .filter((one): one is Manifest => (one as Partial<Manifest>).apiVersion === API_VERSION)
    .map((one, i) => [`${page.file}, ${one.kind} ${i + 1}`, one] as const),
);

it.each(OBJECTS)('shows an object that the API server takes: %s', async (_, { apiVersion, kind, metadata, spec }) => {
  const own = { ...metadata, name: `${metadata.name}-of-the-page` };
  const text = JSON.stringify({ apiVersion, kind, metadata: own, spec });
  expect(await reader.run(`kubectl create --dry-run=server -o name -f - <<'EOF'\n${text}\nEOF\n`)).toContain(own.name);
});

it('takes the examples back as their page says', async () => {
  await reader.run('kubectl delete -f examples/basics');
  expect(await reader.run('kubectl get sid -A -o name')).toBe('');
});

it('finds every kind by every name that a page has for it', async () => {
  const rows = (await reader.run('kubectl api-resources --no-headers')).trim().split('\n');
  const kinds = rows.map((row) => {
    const [, plural = '', short = '', group = '', namespaced = '', kind = ''] =
      /^(\S+) +((?:[\w,]+ +)??)(\S+) +(true|false) +(\S+)/u.exec(row) ?? [];
    const names = [plural, `${plural}.${group.split('/')[0]}`, kind.toLowerCase(), ...short.trim().split(',')];
    return { names, namespaced: namespaced === 'true' };
  });
  const scopeOf = (name: string): boolean | undefined => kinds.find(({ names }) => names.includes(name))?.namespaced;
  for (const name of KUBERNETES.namespaced) expect([name, scopeOf(name)]).toEqual([name, true]);
  for (const name of KUBERNETES.clustered) expect([name, scopeOf(name)]).toEqual([name, false]);
  for (const [name, namespaced] of OWN_NAMES) expect([name, scopeOf(name)]).toEqual([name, namespaced]);
});
