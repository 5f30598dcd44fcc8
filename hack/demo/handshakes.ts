// SPDX-License-Identifier: Apache-2.0
/**
 * Handshakes between the example services, one that must succeed and three that must not. Each is proven by what both
 * sides saw: echoed bytes for a success; for a refusal none, and the refusing side's own reason.
 * @module
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Program } from '../controlplane/process.ts';
import { TRUST_DOMAIN } from './controller.ts';
import { createAuthority, writeIdentity } from './foreign-authority.ts';
import { awaitEntry, field, type LogEntry, readLog } from './program-log.ts';
import { failure, type Stage } from './stage.ts';
import {
  CHECKOUT,
  FRONTEND,
  mountOf,
  REPORTS,
  type RunningServer,
  startClient,
  startServer,
  type Workload,
} from './workloads.ts';

/** Pauses between requests, in milliseconds. */
const EVERY_MS = { frontend: 50, reports: 500 } as const;

/** The services that run until the end of the demo. */
export interface Traffic {
  readonly controller: Program;
  readonly kubelet: Program;
  readonly server: RunningServer;
  readonly frontend: Program;
  readonly reports: Program;
}

export function spiffeIDOf({ namespace, name }: Workload): string {
  return `spiffe://${TRUST_DOMAIN}/ns/${namespace}/sa/${name}`;
}

/** frontend calls checkout: each side proves its identity, and each gets its own bytes back. */
export async function showHandshake(stage: Stage, server: RunningServer): Promise<Program> {
  const { progress, detail } = stage.narrator;
  const step = progress.step('Shaking hands: frontend calls checkout');
  const frontend = await startClient(stage, FRONTEND.name, mountOf(stage, FRONTEND), {
    port: server.port,
    every: EVERY_MS.frontend,
  });
  const done = await awaitEntry(stage, frontend, 'Exchanged', messageIs('Exchanged'));
  const peer = await awaitEntry(stage, server.program, 'the client', seen(FRONTEND));
  if (field(done, 'peer') !== spiffeIDOf(CHECKOUT)) {
    throw failure(`frontend talked to ${field(done, 'peer')}.`, 'report this as a bug.', frontend);
  }
  const bytes = `${field(done, 'bytesSent')} bytes sent, ${field(done, 'bytesReceived')} received, both echoes right`;
  step.done(`${field(done, 'protocol')}, ${field(done, 'cipher')}, ${bytes}`);
  detail(`the server saw  ${field(peer, 'peer')}`);
  detail(`the client saw  ${field(done, 'peer')}`);
  return frontend;
}

/** reports has a sound certificate of the same trust domain, but checkout does not allow it. */
export async function showRefusedPeer(stage: Stage, server: RunningServer): Promise<Program> {
  const step = stage.narrator.progress.step('Refusing a peer that is not allowed: reports calls checkout');
  const reports = await startClient(stage, REPORTS.name, mountOf(stage, REPORTS), {
    port: server.port,
    every: EVERY_MS.reports,
  });
  const problem = await awaitEntry(stage, reports, 'Request failed', messageIs('Request failed'));
  const reason = await awaitEntry(
    stage,
    server.program,
    'Refused peer',
    (entry) => entry.message === 'Refused peer' && field(entry, 'problem').startsWith(spiffeIDOf(REPORTS)),
  );
  step.done('refused');
  explain(stage, reason, problem);
  return reports;
}

/** Somebody else's authority signs our SPIFFE IDs: first for a client, then for a server. */
export async function showForeignCertificates(stage: Stage, server: RunningServer): Promise<void> {
  const { progress } = stage.narrator;
  const authority = await createAuthority(TRUST_DOMAIN);
  // With our anchors, so that the fault is the certificate alone.
  const anchors = await readFile(path.join(mountOf(stage, CHECKOUT), 'ca.crt'), 'utf8');
  const forge = async (workload: Workload): Promise<string> => {
    const directory = path.join(stage.directory, 'foreign', workload.name);
    await writeIdentity(authority, spiffeIDOf(workload), anchors, directory);
    return directory;
  };

  const first = progress.step(
    "Refusing a foreign certificate: a client with frontend's SPIFFE ID from another authority",
  );
  const client = await startClient(stage, 'forged-frontend', await forge(FRONTEND), { port: server.port });
  const clientProblem = await refusedRequest(stage, client);
  const reason = await awaitEntry(stage, server.program, 'Refused handshake', untrusted('Refused handshake'));
  first.done('refused');
  explain(stage, reason, clientProblem);

  const second = progress.step(
    "Refusing a foreign certificate: a server with checkout's SPIFFE ID from another authority",
  );
  const forged = await startServer(stage, 'forged-checkout', await forge(CHECKOUT));
  const caller = await startClient(stage, 'careful-frontend', mountOf(stage, FRONTEND), { port: forged.port });
  const callerProblem = await refusedRequest(stage, caller);
  if (!untrusted('Request failed')(callerProblem)) {
    throw failure('The client failed for another reason.', 'read its log above.', caller);
  }
  await forged.program.stop();
  second.done('refused');
  stage.narrator.detail(`the client says: ${field(callerProblem, 'problem')}`);
}

/** The report of a client that made one request, which must have failed. */
async function refusedRequest(stage: Stage, client: Program): Promise<LogEntry> {
  const { code } = await client.exited;
  const entries = await readLog(client);
  const problem = entries.find(messageIs('Request failed'));
  if (code === 0 || problem === undefined || entries.some(messageIs('Exchanged'))) {
    throw failure(`${client.name} was not refused.`, 'this must never happen: report it as a security bug.', client);
  }
  stage.signal.throwIfAborted();
  return problem;
}

function explain(stage: Stage, server: LogEntry, client: LogEntry): void {
  stage.narrator.detail(`the server says: ${field(server, 'problem')}`);
  stage.narrator.detail(`the client says: ${field(client, 'problem')}`);
}

function messageIs(message: string): (entry: LogEntry) => boolean {
  return (entry) => entry.message === message;
}

function seen(workload: Workload): (entry: LogEntry) => boolean {
  return (entry) => entry.message === 'Peer shows a new certificate' && entry['peer'] === spiffeIDOf(workload);
}

/** OpenSSL's code for a chain that ends at no anchor of ours. */
function untrusted(message: string): (entry: LogEntry) => boolean {
  return (entry) => entry.message === message && field(entry, 'problem').includes('UNABLE_TO_GET_ISSUER_CERT');
}
