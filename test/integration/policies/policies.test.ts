// SPDX-License-Identifier: Apache-2.0
/**
 * What the API server refuses by itself, without any webhook: identities of service accounts that one may not use, the
 * Secrets of authorities, the enforce label, and the deletion of a TrustDomain.
 * @module
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installPolicies, removePolicies } from '../../support/admission-policies.ts';
import { apply, kubectl, tryKubectl } from '../../support/control-plane.ts';
import { NAME, storyWorld } from '../stories/world.ts';

const world = storyWorld();
let namespace = '';

beforeAll(async () => {
  await installPolicies(world.installation.namespace);
  namespace = await world.namespace();
});

// Before the world ends, which deletes a TrustDomain.
afterAll(() => removePolicies());

async function asUser(user: string, args: readonly string[], object?: unknown): Promise<string> {
  const said = await tryKubectl([`--as=${user}`, ...args], object === undefined ? undefined : JSON.stringify(object));
  return said.code === 0 ? 'admitted' : said.stderr;
}

function bind(user: string, role: string, ...more: string[]): Promise<string> {
  const binding = ['create', 'rolebinding', `${user}-${role}`, '-n', namespace, `--user=${user}`];
  return kubectl([...binding, `--clusterrole=${role}`, ...more]);
}

function identity(name: string) {
  return {
    apiVersion: 'signet.dev/v1alpha1',
    kind: 'ServiceIdentity',
    metadata: { name, namespace },
    spec: { serviceAccountName: NAME },
  };
}

describe('an identity of a service account', () => {
  const create = ['create', '--dry-run=server', '-f', '-'];

  it('is refused to whoever may create identities but not use the account', async () => {
    const rules = ['--verb=create,get,patch', '--resource=serviceidentities.signet.dev'];
    await kubectl(['create', 'role', 'identities', '-n', namespace, ...rules]);
    await kubectl(['create', 'rolebinding', 'mallory', '-n', namespace, '--user=mallory', '--role=identities']);
    await expect
      .poll(() => asUser('mallory', create, identity(NAME)))
      .toContain(
        `spec.serviceAccountName "${NAME}": mallory may not use this service account; ask for the verb use on serviceaccounts in namespace ${namespace}`,
      );
  });

  it('is created by whoever may use that account, and no other', async () => {
    // kubectl itself makes no role with a verb that it does not know.
    const rules = [{ apiGroups: [''], resources: ['serviceaccounts'], resourceNames: [NAME], verbs: ['use'] }];
    await apply({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name: 'user', namespace },
      rules,
    });
    await kubectl(['create', 'rolebinding', 'alice', '-n', namespace, '--user=alice', '--role=identities']);
    await kubectl(['create', 'rolebinding', 'alice-use', '-n', namespace, '--user=alice', '--role=user']);
    await expect.poll(() => asUser('alice', create, identity(NAME))).toBe('admitted');
    const other = { ...identity('other'), spec: { serviceAccountName: 'admin' } };
    expect(await asUser('alice', create, other)).toContain('alice may not use this service account');
  });

  it('is created by whoever may edit the namespace, by the aggregated role', async () => {
    await bind('bob', 'edit');
    await expect.poll(() => asUser('bob', create, identity(NAME))).toBe('admitted');
  });

  it('can be changed without that right', async () => {
    await world.identity(namespace);
    const patch = [
      'patch',
      'serviceidentity',
      NAME,
      '-n',
      namespace,
      '--type=merge',
      '-p',
      '{"spec":{"suspend":true}}',
    ];
    expect(await asUser('mallory', patch)).toBe('admitted');
    const elsewhere = [...patch.slice(0, -1), '{"spec":{"secret":{"name":"where-mallory-reads"}}}'];
    expect(await asUser('mallory', elsewhere)).toContain('mallory may not use this service account');
  });
});

/** What a refusal tells an administrator to act as. */
function actingAs(group: string): string[] {
  return ['--as=admin', `--as-group=${group}`, '--as-group=system:masters'];
}

describe('the Secrets of authorities', () => {
  const as = actingAs('signet.dev:break-glass');
  const names = ['default-root-authority', 'default-intermediate-authority'];

  it.each(names)("(%s) are not even an administrator's to edit or delete", async (name) => {
    const { namespace: home } = world.installation;
    const edit = await tryKubectl(['annotate', 'secret', name, '-n', home, 'x=y']);
    expect(edit.stderr).toContain('whoever writes this Secret is the certificate authority');
    const gone = await tryKubectl(['delete', 'secret', name, '-n', home]);
    expect(gone.stderr).toContain(`kubectl ${as.join(' ')}`);
  });

  it('are edited by somebody who breaks the glass', async () => {
    const { namespace: home } = world.installation;
    await kubectl([...as, 'annotate', 'secret', names[0] ?? '', '-n', home, 'x=y']);
  });

  it('cannot be made beside ours', async () => {
    const metadata = { name: 'evil', namespace: world.installation.namespace };
    const draft = { kind: 'Secret', metadata, type: 'signet.dev/authority' } as const;
    await expect(world.cluster.create(draft)).rejects.toThrow(/break-glass/);
  });

  it('do not keep other Secrets of the namespace from being edited', async () => {
    const metadata = { name: 'other', namespace: world.installation.namespace };
    await world.cluster.create({ kind: 'Secret', metadata });
    await world.cluster.delete({ kind: 'Secret', ...metadata });
  });
});

function label(value: string): string[] {
  return ['label', 'namespace', namespace, `signet.dev/enforce${value}`, '--overwrite'];
}

describe('the enforce label', () => {
  const as = actingAs('signet.dev:enforcement-admins');
  const remedy = `kubectl ${as.join(' ')} label namespace`;

  it('is not changed by whoever may label namespaces', async () => {
    const refused = await tryKubectl(label('=true'));
    expect(refused.stderr).toContain(`${remedy} ${namespace} signet.dev/enforce=true --overwrite`);
    await kubectl(['label', 'namespace', namespace, 'team=a']);
  });

  it('is changed by the group that is named', async () => {
    await kubectl([...as, ...label('=true')]);
    expect((await tryKubectl(label('-'))).stderr).toContain(`${remedy} ${namespace} signet.dev/enforce-`);
    expect((await tryKubectl(label('=false'))).stderr).toContain(`${remedy} ${namespace} signet.dev/enforce=false`);
    const merge = ['--type=merge', '-p', '{"metadata":{"labels":{"signet.dev/enforce":null}}}'];
    const around = await tryKubectl(['patch', 'namespace', namespace, '--subresource=status', ...merge]);
    expect(around.stderr).toContain(remedy);
    await kubectl([...as, ...label('-')]);
  });
});

describe('a TrustDomain', () => {
  it('is deleted only with its name as confirmation', async () => {
    await world.trustDomain('going', { trustDomain: 'going.example' });
    const remove = ['delete', 'trustdomain', 'going'];
    expect((await tryKubectl(remove)).stderr).toContain(
      'kubectl annotate trustdomain going signet.dev/confirm-delete=going',
    );
    await kubectl(['annotate', 'trustdomain', 'going', 'signet.dev/confirm-delete=other']);
    expect((await tryKubectl(remove)).code).toBe(1);
    await kubectl(['annotate', 'trustdomain', 'going', 'signet.dev/confirm-delete=going', '--overwrite']);
    await kubectl(remove);
  });
});
