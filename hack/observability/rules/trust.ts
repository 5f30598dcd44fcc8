// SPDX-License-Identifier: Apache-2.0
/**
 * Alerts about authorities, rotations, bundles and the webhook.
 * @module
 */
import { UNLESS_DOWN } from './causes.ts';
import type { Alert, Times } from './rule.ts';

export function trustAlerts(times: Times): Alert[] {
  const inRotation = 'max by (trust_domain) (signet_rotation_step) > 0';
  const stale = 'max by (trust_domain) (signet_rotation_stale_targets) > 0';
  const next = 'max by (trust_domain) (signet_rotation_next_step_timestamp_seconds)';
  const start = 'max by (trust_domain) (signet_rotation_start_timestamp_seconds)';
  const late = `(time() - ${next} > ${times.seconds(600)})`;
  const long = `(${stale} and on (trust_domain) (time() - ${start} > ${times.seconds(3600)}))`;
  return [
    {
      alert: 'SignetAuthorityUnavailable',
      severity: 'critical',
      expr: 'max by (state) (signet_trust_domains{state=~"Authority(Lost|WentBack|Expired|Mismatch)"}) > 0',
      for: 2,
      summary: '{{ $value }} TrustDomains cannot sign: {{ $labels.state }}',
    },
    {
      alert: 'SignetRootKeyLost',
      severity: 'warning',
      expr: 'max(signet_trust_domains{state="RootKeyLost"}) > 0',
      for: 5,
      summary:
        '{{ $value }} TrustDomains have lost the key of their root; they sign until their intermediate has to be replaced',
    },
    {
      alert: 'SignetAuthorityOverdue',
      severity: 'critical',
      expr: `max by (trust_domain, kind) (signet_authorities_overdue) > 0 ${UNLESS_DOWN}`,
      for: 15,
      summary: 'The {{ $labels.kind }} of TrustDomain {{ $labels.trust_domain }} should have been replaced by now',
    },
    {
      alert: 'SignetRootCompromised',
      severity: 'critical',
      expr: 'max by (trust_domain) (signet_compromised_roots) > 0',
      for: 0,
      summary: 'A compromised root of TrustDomain {{ $labels.trust_domain }} is still trusted',
    },
    {
      alert: 'SignetRotationStuck',
      severity: 'warning',
      expr: `(${late} or ${long}) and on (trust_domain) (${inRotation}) unless on (trust_domain) (max by (trust_domain) (signet_compromised_roots) > 0) ${UNLESS_DOWN}`,
      for: 5,
      summary: 'The rotation of TrustDomain {{ $labels.trust_domain }} does not go on',
    },
    {
      alert: 'SignetTargetsQuarantined',
      severity: 'warning',
      expr: `max by (trust_domain) (signet_rotation_quarantined_targets) > 0 and on (trust_domain) (${inRotation})`,
      for: 0,
      summary: 'The rotation of TrustDomain {{ $labels.trust_domain }} has given up {{ $value }} Secrets and bundles',
    },
    {
      alert: 'SignetBundleStale',
      severity: 'warning',
      expr: `max by (trust_domain) (signet_bundle_stale_config_maps) > 0 ${UNLESS_DOWN}`,
      for: 15,
      summary: '{{ $value }} namespaces do not get the bundle of TrustDomain {{ $labels.trust_domain }}',
    },
    {
      alert: 'SignetAdmissionNotProven',
      severity: 'critical',
      expr: 'signet:admission_works:max == 0',
      for: 5,
      summary: 'What the webhook must refuse was admitted, or the API server cannot reach it',
    },
    {
      alert: 'SignetAdmissionSlow',
      severity: 'warning',
      expr: `histogram_quantile(0.95, sum by (le) (rate(signet_admission_duration_seconds_bucket[${times.minutes(5)}]))) > 0.1`,
      for: 15,
      summary: 'One admission review in twenty takes more than {{ $value | humanizeDuration }}',
    },
    {
      alert: 'SignetWebhookCertificateExpiring',
      severity: 'critical',
      expr: `min(signet_webhook_certificate_expiry_timestamp_seconds) - time() < ${times.seconds(6 * 3600)}`,
      for: 10,
      summary: 'The serving certificate of the webhook ends in {{ $value | humanizeDuration }} and is not replaced',
    },
  ];
}
