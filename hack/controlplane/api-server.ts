// SPDX-License-Identifier: Apache-2.0
/**
 * The kube-apiserver of a local control plane: its flags, and when it is ready. It runs strict: RBAC, and an owner
 * reference that blocks deletion needs the right to set the owner's finalizers.
 * @module
 */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { statusOf } from './administrator.ts';
import type { ControlPlaneCertificates } from './certificates.ts';
import { etcdEndpoint } from './etcd.ts';
import type { Program, Supervisor } from './process.ts';
import { untilReady } from './readiness.ts';

const READY_WITHIN_MS = 90_000;

/** Every request once, when its answer is complete, without bodies: no Secret ends up in the log. */
const AUDIT_POLICY = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived', 'ResponseStarted'],
  rules: [{ level: 'Metadata' }],
};

export interface APIServerOptions {
  readonly command: string;
  readonly directory: string;
  readonly port: number;
  readonly certificates: ControlPlaneCertificates;
  /** Where the audit log goes; none by default. */
  readonly auditLog: string | undefined;
  readonly extraFlags: readonly string[];
}

function apiServerFlags(options: APIServerOptions): string[] {
  const { files } = options.certificates;
  return [
    `--etcd-servers=${etcdEndpoint(options.directory)}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${options.port}`,
    // Loopback cannot be advertised, and nothing here reaches the server through its Service.
    '--endpoint-reconciler-type=none',
    '--service-cluster-ip-range=10.96.0.0/16',
    `--client-ca-file=${files.authority}`,
    `--tls-cert-file=${files.servingCertificate}`,
    `--tls-private-key-file=${files.servingKey}`,
    `--kubelet-client-certificate=${files.kubeletClientCertificate}`,
    `--kubelet-client-key=${files.kubeletClientKey}`,
    '--kubelet-preferred-address-types=InternalIP',
    '--authorization-mode=Node,RBAC',
    '--enable-admission-plugins=NodeRestriction,OwnerReferencesPermissionEnforcement',
    '--enable-aggregator-routing=true',
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    `--service-account-key-file=${files.tokenKey}`,
    `--service-account-signing-key-file=${files.tokenKey}`,
    '--allow-privileged=true',
    '--profiling=false',
    ...(options.auditLog === undefined
      ? []
      : [
          `--audit-policy-file=${auditPolicyFile(options.directory)}`,
          `--audit-log-path=${options.auditLog}`,
          // Each entry as its request ends, not in batches.
          '--audit-log-mode=blocking',
        ]),
    ...options.extraFlags,
  ];
}

/** Starts the server and waits until it says that it is ready. */
export async function startAPIServer(supervisor: Supervisor, options: APIServerOptions): Promise<Program> {
  await writeFile(auditPolicyFile(options.directory), JSON.stringify(AUDIT_POLICY));
  const program = await supervisor.start({
    name: 'kube-apiserver',
    command: options.command,
    args: apiServerFlags(options),
    cwd: options.directory,
    logFile: path.join(options.directory, 'logs', 'kube-apiserver.log'),
  });
  await untilReady(program, async () => (await statusOf(options, '/readyz')) === 200, READY_WITHIN_MS);
  return program;
}

function auditPolicyFile(directory: string): string {
  return path.join(directory, 'audit-policy.json');
}
