// SPDX-License-Identifier: Apache-2.0
/**
 * The shell of spec.reload: in which order it writes, what it refuses to do, and what it says.
 * @module
 */
import { beforeEach, describe, expect, it } from 'vitest';
import type { ReloadSpec, ServiceIdentity } from '../../../../src/api/service-identity.ts';
import { SignetError } from '../../../../src/errors.ts';
import { Expiring } from '../../../../src/reconcilers/expiring.ts';
import { type ReloadDeps, reconcileReload } from '../../../../src/reconcilers/reload/reconcile.ts';
import type { WorkloadObject } from '../../../../src/reconcilers/reload/workloads.ts';
import { HOUR, MINUTE } from '../../../../src/time.ts';
import { anIssued, NOW } from '../../../support/builders.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const KEY = 'shop/checkout';
const ROLLOUT: ReloadSpec = { type: 'Rollout', rollout: { workloads: [{ kind: 'Deployment', name: 'web' }] } };

let identity: ServiceIdentity;
let clock: ManualClock;
let calls: string[];
let web: WorkloadObject | undefined;
let enabled: ReloadDeps['enabled'];
let refusal: SignetError | undefined;
let told: Map<string, string>;
let other: ServiceIdentity | undefined;

function given(reload: ReloadSpec | undefined): void {
  const issued = anIssued({ issuedAt: NOW }).identity;
  identity = { ...issued, spec: { ...issued.spec, ...(reload === undefined ? {} : { reload }) } };
}

function deps(): ReloadDeps {
  return {
    clock,
    enabled,
    told,
    paces: new Expiring(),
    gate: { refusal: () => undefined },
    identity: (key) => (key === KEY ? identity : other),
    identitiesIn: (namespace) => (namespace === 'shop' ? [KEY, 'shop/other'] : []),
    writeStatus: async (_, change) => {
      const status = change(identity);
      if (status === undefined) return;
      calls.push(
        `status ${status.rollouts?.map(({ state, fingerprint }) => `${state} ${fingerprint}`).join(', ') ?? ''}`,
      );
      identity = { ...identity, status };
    },
    calls: {
      staleMounters: async () => {
        calls.push('list');
        return ['a', 'b'].map((name) => ({ name, uid: `uid-${name}` }));
      },
      annotatePod: async (_, { name }, version) => {
        calls.push(`tell ${name} ${version}`);
        if (refusal !== undefined) throw refusal;
        return name === 'a';
      },
      workload: async () => {
        calls.push('get');
        return web;
      },
      rehearseRestart: async (_, { name }, fingerprint) => {
        calls.push(`rehearse ${name} for ${fingerprint}`);
        if (refusal !== undefined) throw refusal;
      },
      restart: async (_, { name }, fingerprint) => {
        calls.push(`restart ${name} for ${fingerprint}`);
        if (refusal !== undefined) throw refusal;
      },
    },
  };
}

function outrun(): Promise<void> {
  return Promise.reject(new SignetError('ERR_KUBE_CONFLICT', 'outrun'));
}

async function run(): Promise<string[]> {
  calls = [];
  await reconcileReload(KEY, deps());
  return calls;
}

function blocked() {
  return identity.status?.conditions?.find(({ type }) => type === 'ReloadBlocked');
}

function aDeployment(volumes: readonly object[] = [{ secret: { secretName: 'checkout-svid' } }]): WorkloadObject {
  return {
    metadata: { name: 'web', uid: 'uid-web', resourceVersion: '5', generation: 1, creationTimestamp: '' },
    spec: { replicas: 1, template: { spec: { volumes } } },
    status: { observedGeneration: 1, replicas: 1, updatedReplicas: 1, availableReplicas: 1 },
  };
}

/** The next SVID. */
function renewed(fingerprint: string): void {
  identity = { ...identity, status: { ...identity.status, fingerprint } };
}

beforeEach(() => {
  clock = new ManualClock(NOW);
  calls = [];
  web = aDeployment();
  enabled = new Set(['PodAnnotation', 'Rollout']);
  refusal = undefined;
  told = new Map();
  other = undefined;
});

describe('whatever the type', () => {
  it('does nothing for an identity that asks for none', async () => {
    given(undefined);
    expect(await run()).toEqual([]);
  });

  it.each<ReloadSpec>([{ type: 'PodAnnotation' }, ROLLOUT])('waits for the first status: $type', async (reload) => {
    given(reload);
    const { status: _, ...rest } = identity;
    identity = rest;
    enabled = new Set();
    expect(await run()).toEqual([]);
  });

  it.each<ReloadSpec>([{ type: 'PodAnnotation' }, ROLLOUT])(
    'says that it is not switched on: $type',
    async (reload) => {
      given(reload);
      enabled = new Set();
      expect(await run()).toEqual(['status ']);
      expect(blocked()).toMatchObject({ status: 'True', reason: 'ReloadDisabled' });
      expect(await run()).toEqual([]);
      enabled = new Set([reload.type]);
      await run();
      expect(blocked()).toBeUndefined();
    },
  );

  it('leaves what else is in status as it is', async () => {
    given(ROLLOUT);
    const { conditions, ...before } = identity.status ?? {};
    web = undefined;
    await run();
    const { conditions: after, ...rest } = identity.status ?? {};
    expect(rest).toEqual(before);
    expect(after).toEqual([...(conditions ?? []), blocked()]);
  });
});

describe('PodAnnotation', () => {
  beforeEach(() => given({ type: 'PodAnnotation' }));

  it('tells each pod once of a version', async () => {
    expect(await run()).toEqual(['list', 'tell a 100', 'tell b 100']);
    expect(await run()).toEqual([]);
  });

  it('tries again where a call failed', async () => {
    refusal = new SignetError('ERR_KUBE_UNAVAILABLE', 'gone for a moment');
    await expect(run()).rejects.toThrow('gone for a moment');
    refusal = undefined;
    expect(await run()).toEqual(['list', 'tell a 100', 'tell b 100']);
  });

  it('leaves to the kubelets what they have seen by themselves before this process began', async () => {
    await clock.advance(10 * MINUTE);
    expect(await run()).toEqual([]);
    renewed('f2');
    const secret = { name: 'checkout-svid', uid: 'uid-secret', resourceVersion: '200' };
    identity = { ...identity, status: { ...identity.status, secret } };
    expect(await run()).toEqual(['list', 'tell a 200', 'tell b 200']);
  });
});

describe('Rollout', () => {
  beforeEach(async () => {
    given(ROLLOUT);
    await run();
  });

  it('takes what is there for current, and reads nothing any more', async () => {
    expect(calls).toEqual(['get', 'status Current f1']);
    expect(await run()).toEqual([]);
  });

  it('records a restart before it makes it', async () => {
    renewed('f2');
    expect(await run()).toEqual(['get', 'status Restarting f2', 'restart web for f2']);
  });

  it('restarts nothing where the record cannot be written', async () => {
    renewed('f2');
    calls = [];
    await expect(reconcileReload(KEY, { ...deps(), writeStatus: outrun })).rejects.toThrow('outrun');
    expect(calls).toEqual(['get']);
  });

  it('is done when the workload is ready again, and restarts it for the next SVID only after the interval', async () => {
    renewed('f2');
    await run();
    const before = aDeployment();
    web = {
      ...before,
      metadata: { ...before.metadata, generation: 2 },
      status: { ...before.status, observedGeneration: 2 },
    };
    expect(await run()).toEqual(['get', 'status Current f2']);
    renewed('f3');
    expect(await run()).toEqual(['get']);
    await clock.advance(HOUR);
    expect(await run()).toEqual(['get', 'status Restarting f3', 'restart web for f3']);
  });

  it('counts the interval from the last restart for whichever identity of the namespace', async () => {
    renewed('f2');
    const restartTime = new Date(NOW - 5 * MINUTE).toISOString();
    const record = { kind: 'Deployment', name: 'web', uid: 'uid-web', state: 'Current', fingerprint: 'o1' } as const;
    other = { ...identity, status: { rollouts: [{ ...record, generation: 1, restartTime }] } };
    expect(await run()).toEqual(['get']);
    await clock.advance(4 * MINUTE);
    expect(await run()).toEqual(['get']);
    await clock.advance(MINUTE);
    expect(await run()).toContain('restart web for f2');
  });

  it.each<[string, WorkloadObject | undefined, string]>([
    ['does not exist', undefined, 'WorkloadNotFound'],
    ['does not mount the Secret', aDeployment([]), 'WorkloadNotFound'],
    ['is not ready', { ...aDeployment(), status: { observedGeneration: 1 } }, 'RolloutWaiting'],
  ])('says that a workload %s', async (_, found, reason) => {
    renewed('f2');
    web = found;
    expect(await run()).toEqual(['get', 'status Current f1']);
    expect(blocked()).toMatchObject({ status: 'True', reason, message: expect.stringContaining('Deployment web') });
    expect(await run()).toEqual(['get']);
    web = aDeployment();
    expect(await run()).toContain('restart web for f2');
    expect(blocked()).toBeUndefined();
  });

  it('says what to do where a webhook cannot be called, and takes back the record', async () => {
    renewed('f2');
    refusal = new SignetError('ERR_KUBE_UNAVAILABLE', 'connect ECONNREFUSED');
    await expect(run()).rejects.toThrow(refusal);
    expect([calls.at(-1), blocked()]).toEqual(['restart web for f2', undefined]);
    const called = 'failed calling webhook "x.example.org"';
    refusal = new SignetError('ERR_KUBE_UNAVAILABLE', `Internal error: ${called}: read tcp 10.0.0.1:40001: reset`);
    await expect(run()).rejects.toThrow(refusal);
    expect(calls.at(-1)).toContain('status Current');
    const message = `${called}; see that this webhook runs, or remove its configuration`;
    expect(blocked()).toMatchObject({ reason: 'RestartRefused', message });
  });

  it('writes nothing where only the words differ with which a webhook could not be called', async () => {
    renewed('f2');
    for (const port of [40_001, 40_002]) {
      refusal = new SignetError('ERR_KUBE_UNAVAILABLE', `failed calling webhook "x": read tcp 10.0.0.1:${port}: reset`);
      await expect(run()).rejects.toThrow(refusal);
      expect(blocked()).toMatchObject({ reason: 'RestartRefused' });
      await clock.advance(MINUTE);
    }
    expect(calls).toEqual(['get', 'rehearse web for f2']);
  });

  it('takes back the record of a restart that was refused, and writes nothing while it is refused again', async () => {
    renewed('f2');
    refusal = new SignetError('ERR_KUBE_FORBIDDEN', 'no right to patch deployments');
    await expect(run()).rejects.toThrow(refusal);
    expect(calls).toEqual(['get', 'status Restarting f2', 'restart web for f2', 'status Current f1']);
    await clock.advance(MINUTE);
    await expect(run()).rejects.toThrow(refusal);
    expect(calls).toEqual(['get', 'rehearse web for f2']);
    expect(blocked()).toMatchObject({ reason: 'RestartRefused', message: 'no right to patch deployments' });
    refusal = undefined;
    expect(await run()).toEqual(['get', 'rehearse web for f2', 'status Restarting f2', 'restart web for f2']);
    expect(blocked()).toBeUndefined();
  });

  it.each(['restart', 'crash'])(
    'does not take a refused restart for done when somebody scales: after a %s',
    async (first) => {
      renewed('f2');
      if (first === 'crash') {
        refusal = new SignetError('ERR_KUBE_TIMEOUT', 'no answer');
        await expect(run()).rejects.toThrow(refusal);
      }
      refusal = new SignetError('ERR_KUBE_FORBIDDEN', 'no right to patch deployments');
      await expect(run()).rejects.toThrow(refusal);
      const { metadata, status, ...rest } = aDeployment();
      web = { ...rest, metadata: { ...metadata, generation: 2 }, status: { ...status, observedGeneration: 2 } };
      refusal = undefined;
      await clock.advance(HOUR);
      expect(await run()).toContain('restart web for f2');
    },
  );
});
