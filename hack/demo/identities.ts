// SPDX-License-Identifier: Apache-2.0
/**
 * The ServiceIdentities of the examples as the cluster shows them.
 * @module
 */
import type { ServiceIdentity } from '../../src/api/service-identity.ts';
import type { ControlPlane } from '../controlplane/control-plane.ts';
import { kubectl } from '../controlplane/kubectl.ts';
import type { Program } from '../controlplane/process.ts';
import type { Step } from '../progress.ts';
import { failure, type Stage, until } from './stage.ts';
import { WORKLOADS } from './workloads.ts';

const READY_WITHIN_MS = 30_000;

/** Resolves when each of them is Ready. */
export async function awaitReady(stage: Stage, plane: ControlPlane, controller: Program, step: Step): Promise<void> {
  let last: readonly ServiceIdentity[] = [];
  await until(
    stage,
    async () => {
      last = (await identities(plane)).filter(({ metadata }) =>
        WORKLOADS.some(({ name, namespace }) => name === metadata.name && namespace === metadata.namespace),
      );
      const ready = last.filter((identity) => readiness(identity)?.status === 'True').length;
      step.update(`${ready} of ${WORKLOADS.length}`);
      return ready === WORKLOADS.length ? true : undefined;
    },
    READY_WITHIN_MS,
    () => {
      const states = last.map(
        (identity) => `${identity.metadata.name}: ${readiness(identity)?.message ?? 'no status'}`,
      );
      const advice = 'the messages above say what is missing; docs/troubleshooting.md explains every reason.';
      return failure(`Not every identity is Ready:\n${states.join('\n')}`, advice, controller);
    },
  );
}

/** What `kubectl get sid -A` prints. */
export function identityTable(plane: ControlPlane): Promise<string> {
  return kubectl(plane.kubectl, ['get', 'sid', '-A']);
}

async function identities(plane: ControlPlane): Promise<readonly ServiceIdentity[]> {
  const text = await kubectl(plane.kubectl, ['get', 'serviceidentities', '-A', '-o', 'json']);
  return (JSON.parse(text) as { items: readonly ServiceIdentity[] }).items;
}

function readiness({ status }: ServiceIdentity): { readonly status: string; readonly message: string } | undefined {
  return status?.conditions?.find(({ type }) => type === 'Ready');
}
