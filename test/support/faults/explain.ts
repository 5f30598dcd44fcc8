// SPDX-License-Identifier: Apache-2.0
/**
 * What those say who are not well, because their logs go with the control plane.
 * @module
 */
import type { Cluster } from '../cluster.ts';
import type { Replicas } from './replicas.ts';
import type { Witness } from './witness.ts';

const IDENTITIES = 3;
const LINES = 12;

export interface Patients {
  readonly cluster: Cluster;
  readonly witness: Witness;
  readonly replicas: Replicas;
  readonly log: (line: string) => void;
}

/** Identities that wait for their renewal, and the end of what each replica warned of. */
export async function explain({ cluster, log, replicas, witness }: Patients, namespace: string): Promise<void> {
  for (const name of witness.ledger.overdue(Date.now(), 0).slice(0, IDENTITIES)) {
    // The API server may be what is not well.
    const told = await tellIdentity(cluster, namespace, name).catch(String);
    log(`${name}: ${told}`);
  }
  for (const { name, process } of replicas.all) {
    // Lines of the audit stream have no level.
    const lines = (await process.log()).filter(({ level = 'info' }) => level !== 'info');
    for (const line of lines.slice(-LINES)) log(`${name}: ${JSON.stringify(line).slice(0, 600)}`);
  }
}

async function tellIdentity(cluster: Cluster, namespace: string, name: string): Promise<string> {
  const identity = await cluster.get({ kind: 'ServiceIdentity', namespace, name });
  const secret = await cluster.get({ kind: 'Secret', namespace, name: `${name}-svid` });
  return `Secret @${secret?.metadata.resourceVersion}, ${JSON.stringify(identity?.status)}`;
}
