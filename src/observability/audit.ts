// SPDX-License-Identifier: Apache-2.0
/**
 * The audit stream: who or what caused each issuance, refusal, rotation and compromise, one JSON object a line with
 * codes that stay. docs/reference/audit.md is held equal to the tables here.
 * @module
 */
import { pino } from 'pino';
import { redact } from './redact.ts';
import { type Telling, telling } from './told.ts';

/** Codes never change their meaning; new ones may come. */
export const AUDIT_CODES = {
  SVID_ISSUED: 'An SVID was signed and stored.',
  SVID_FAILED: 'An SVID should have been issued, and that failed; it is tried again.',
  IDENTITY_REFUSED: 'An identity is not served as it is; `reason` is that of its Ready condition.',
  POLICY_REFUSED: 'A policy forbids an identity; `detail` names policy, field and remedy.',
  SECRET_CHANGED: 'Somebody else wrote to the Secret of an SVID.',
  ADMISSION_DENIED: 'The webhook refused a request of a user, as far as whoever sent it can be believed.',
  AUTHORITY_STEP: 'The controller took a step with the keys of an authority.',
  ROTATION: 'A rotation of an authority was asked for, went on or ended; `reason` is that of the event.',
  COMPROMISE: 'The same of a rotation because of a compromise.',
  SIGNER_CHANGED: 'This replica may sign from now on, or no longer.',
} as const;
export type AuditCode = keyof typeof AUDIT_CODES;

/** Every field there is, in the order in which they are written. */
export const AUDIT_FIELDS = {
  channel: 'Always `audit`.',
  schema: 'Always 1; a change that breaks readers raises it.',
  time: 'When, in UTC with milliseconds.',
  code: 'What happened.',
  outcome: '`success`, `refused` or `failure`.',
  instance: 'The pod that tells it.',
  correlationID: '`<uid>:<generation>` of the object: admission, issuance and status of one change carry the same.',
  kind: 'Of the object; with its group, such as `ServiceIdentity.signet.dev`, only in `ADMISSION_DENIED`.',
  namespace: 'Of the object; absent for cluster-wide ones.',
  name: 'Of the object.',
  user: 'Who asked, at admission.',
  reason: 'What made it necessary, or why it was refused.',
  serviceAccount: 'For whom.',
  spiffeID: 'Of the SVID.',
  serialNumber: 'Of the SVID, hexadecimal.',
  fingerprint: 'SHA-256 of the certificate, hexadecimal.',
  authorityID: 'Of the authority that signed, as in the status of the TrustDomain.',
  notBefore: 'Of the SVID.',
  notAfter: 'Of the SVID.',
  request: 'The `id` of `spec.rotation`.',
  errorCode: 'Of a failure; docs/reference/messages.md has them.',
  trace_id: 'Of the trace, where traces are recorded; the name is that of OpenTelemetry.',
  leftOut: 'How many lines of this code were not written since the one before; only of `ADMISSION_DENIED`.',
  detail: 'For people; its words may change.',
} as const;
export type AuditField = keyof typeof AUDIT_FIELDS;
const FIELDS = Object.keys(AUDIT_FIELDS) as AuditField[];

export interface AuditEvent
  extends Partial<
    Readonly<
      Record<
        Exclude<AuditField, 'channel' | 'schema' | 'time' | 'code' | 'outcome' | 'instance' | 'trace_id' | 'leftOut'>,
        string
      >
    >
  > {
  readonly code: AuditCode;
  readonly outcome: 'success' | 'refused' | 'failure';
  /** At least 1. */
  readonly leftOut?: number;
}

export type Audit = (event: AuditEvent) => void;

export interface AuditOptions extends Telling {
  readonly instance: string;
}

/** Lines of the same output as the log, told apart by `channel`; none that is told is left out. */
export function createAudit({ instance, ...where }: AuditOptions): Audit {
  const sink = pino(
    {
      base: null,
      timestamp: false,
      // Every line is written, so the channel stands where others have their level.
      formatters: { level: () => ({ channel: 'audit' }) },
    },
    where.output,
  );
  const tell = telling(where);
  return (event) =>
    tell(event, ({ at, traceID }) => {
      const time = new Date(at).toISOString();
      const line = redact(lineOf(event, { schema: 1, time, instance, trace_id: traceID }));
      sink.info(line);
    });
}

type Line = Readonly<Partial<Record<AuditField, unknown>>>;

/** In the order of the fields, whatever the order of the event. */
function lineOf(event: Line, told: Line): Record<string, unknown> {
  const line: Record<string, unknown> = {};
  for (const field of FIELDS) {
    const value = told[field] ?? event[field];
    if (value !== undefined) line[field] = value;
  }
  return line;
}

/** Where nobody wants it. */
export const NO_AUDIT: Audit = () => undefined;
