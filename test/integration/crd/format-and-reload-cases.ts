// SPDX-License-Identifier: Apache-2.0
/**
 * Valid and invalid ServiceIdentities: PKCS#12 files and reloads.
 * @module
 */
import { type Case, invalid, many, valid } from './case.ts';

const REF = { passwordSecretRef: { name: 'password' } };
const formats = (pkcs12?: unknown, type = 'PKCS12'): Case['spec'] => ({
  secret: { formats: [{ type: 'PEM' }, { type, ...(pkcs12 === undefined ? {} : { pkcs12 }) }] },
});
const WEB = { kind: 'Deployment', name: 'web' };
const rollout = (...workloads: readonly unknown[]): Case['spec'] => ({
  reload: { type: 'Rollout', rollout: { workloads } },
});
const every = (minInterval: string, more: object = {}): Case['spec'] => ({
  reload: { type: 'Rollout', rollout: { workloads: [WEB], minInterval } },
  ...more,
});

export const FORMAT_AND_RELOAD_CASES: readonly Case[] = [
  valid('PKCS#12 files', formats(REF)),
  valid(
    'PKCS#12 files with everything written out',
    formats({ passwordSecretRef: { name: 'a', key: '.b_C-1' }, profile: 'Modern2023' }),
  ),
  valid('all formats', {
    secret: { formats: [{ type: 'PEM' }, { type: 'CombinedPEM' }, { type: 'PKCS12', pkcs12: REF }] },
  }),
  invalid('PKCS#12 without a password', formats(), 'spec.secret.formats[1]: pkcs12'),
  invalid('a password for PEM files', formats(REF, 'CombinedPEM'), 'spec.secret.formats[1]: '),
  invalid(
    'a password Secret with capitals',
    formats({ passwordSecretRef: { name: 'A' } }),
    'spec.secret.formats[1].pkcs12.passwordSecretRef.name: lowercase letters',
  ),
  invalid(
    'a password under a path',
    formats({ passwordSecretRef: { name: 'a', key: 'b/c' } }),
    'spec.secret.formats[1].pkcs12.passwordSecretRef.key: letters, digits',
  ),
  invalid(
    'a legacy profile',
    formats({ ...REF, profile: 'LegacyDES' }),
    'spec.secret.formats[1].pkcs12.profile: Modern2023',
  ),
  invalid(
    'a password Secret without a name',
    formats({ passwordSecretRef: {} }),
    'spec.secret.formats[1].pkcs12.passwordSecretRef.name: Required',
    { judge: 'schema' },
  ),
  valid('pods that are told', { reload: { type: 'PodAnnotation' } }),
  valid(
    'workloads that are restarted',
    rollout(WEB, { kind: 'StatefulSet', name: 'web' }, { kind: 'DaemonSet', name: 'web.v2' }),
  ),
  invalid('a reload of no type', { reload: {} }, 'spec.reload.type: Required', { judge: 'schema' }),
  invalid('a reload of a type nobody knows', { reload: { type: 'Signal' } }, 'spec.reload.type: Rollout'),
  invalid(
    'workloads for pods that are told',
    { reload: { type: 'PodAnnotation', rollout: { workloads: [WEB] } } },
    'spec.reload: ',
  ),
  invalid('a rollout of nothing named', { reload: { type: 'Rollout' } }, 'spec.reload: '),
  invalid('a rollout of no workloads', rollout(), 'spec.reload.rollout.workloads: '),
  invalid(
    'a rollout of nine workloads',
    rollout(...many(9, (i) => `w${i}`).map((name) => ({ ...WEB, name }))),
    'spec.reload.rollout.workloads: 8',
  ),
  invalid('a workload twice', rollout(WEB, WEB), 'spec.reload.rollout.workloads[1]: '),
  invalid(
    'a workload of a kind nobody restarts',
    rollout({ kind: 'Job', name: 'web' }),
    'spec.reload.rollout.workloads[0].kind: DaemonSet',
  ),
  invalid(
    'a workload with capitals',
    rollout({ ...WEB, name: 'Web' }),
    'spec.reload.rollout.workloads[0].name: lowercase letters',
  ),
  valid('an interval at its shortest', every('5m')),
  invalid('an interval that is too short', every('299s'), 'spec.reload.rollout.minInterval: 5m'),
  invalid('an interval that is none', every('soon'), 'spec.reload.rollout.minInterval: '),
  valid('an interval of 40 % of the lifetime', every('24m', { ttl: '1h' })),
  invalid(
    'an interval that is too long for the lifetime',
    every('24m1s', { ttl: '1h' }),
    'spec.reload.rollout.minInterval: 40 %',
    { judge: 'code' },
  ),
];
