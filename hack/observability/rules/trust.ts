// SPDX-License-Identifier: Apache-2.0
/**
 * Alerts about authorities, rotations, bundles and the webhook.
 * @module
 */
import { bySigner, UNLESS_DOMAIN_DOWN } from './causes.ts';
import type { Alert, Times } from './rule.ts';

function ofDomain(series: string): string {
  return `max by (trust_domain) (${bySigner(series)})`;
}

export function trustAlerts(times: Times): Alert[] {
  const inRotation = `${ofDomain('signet_rotation_step')} > 0`;
  const stale = `${ofDomain('signet_rotation_stale_targets')} > 0`;
  const next = ofDomain('signet_rotation_next_step_timestamp_seconds');
  const start = ofDomain('signet_rotation_start_timestamp_seconds');
  const compromised = `${ofDomain('signet_compromised_roots')} > 0`;
  const late = `(time() - ${next} > ${times.seconds(600)})`;
  const long = `(${stale} and on (trust_domain) (time() - ${start} > ${times.seconds(3600)}))`;
  const end = 'signet_webhook_certificate_expiry_timestamp_seconds';
  const begin = 'signet_webhook_certificate_start_timestamp_seconds';
  return [
    {
      alert: 'SignetAuthorityUnavailable',
      severity: 'critical',
      expr: `${ofDomain('signet_authority_unavailable')} == 1`,
      for: 2,
      summary:
        'TrustDomain {{ $labels.trust_domain }} cannot sign: its authority is lost, went back, has expired or is not its own',
    },
    {
      alert: 'SignetRootKeyLost',
      severity: 'warning',
      expr: `${ofDomain('signet_root_key_lost')} == 1`,
      for: 5,
      summary:
        'The key of the root of TrustDomain {{ $labels.trust_domain }} is lost; it signs until its intermediate has to be replaced',
    },
    {
      alert: 'SignetAuthorityOverdue',
      severity: 'critical',
      expr: `max by (trust_domain, kind) (${bySigner('signet_authorities_overdue')}) > 0 ${UNLESS_DOMAIN_DOWN}`,
      for: 15,
      summary: 'The {{ $labels.kind }} of TrustDomain {{ $labels.trust_domain }} should have been replaced by now',
    },
    {
      alert: 'SignetRootCompromised',
      severity: 'critical',
      expr: compromised,
      for: 0,
      summary: 'A compromised root of TrustDomain {{ $labels.trust_domain }} is still trusted',
    },
    {
      alert: 'SignetRotationStuck',
      severity: 'warning',
      expr: `(${late} or ${long}) and on (trust_domain) (${inRotation}) unless on (trust_domain) (${compromised}) ${UNLESS_DOMAIN_DOWN}`,
      for: 5,
      summary: 'The rotation of TrustDomain {{ $labels.trust_domain }} does not go on',
    },
    {
      alert: 'SignetTargetsQuarantined',
      severity: 'warning',
      expr: `${ofDomain('signet_rotation_quarantined_targets')} > 0`,
      for: 0,
      summary: 'The rotation of TrustDomain {{ $labels.trust_domain }} has given up {{ $value }} Secrets and bundles',
    },
    {
      alert: 'SignetBundleStale',
      severity: 'warning',
      expr: `${ofDomain('signet_bundle_stale_config_maps')} > 0 ${UNLESS_DOMAIN_DOWN}`,
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
      // Replaced at half of its lifetime, whatever that is: a quarter was missed already.
      expr: `min(${end} - time() < (${end} - ${begin}) / 4)`,
      for: 1,
      summary: 'The serving certificate of the webhook ends in {{ $value | humanizeDuration }} and is not replaced',
    },
  ];
}
