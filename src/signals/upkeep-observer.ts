// SPDX-License-Identifier: Apache-2.0
/**
 * What the controller counts, logs and tells of the webhook: steps of its serving certificate, and whether admission
 * works, when that changes.
 * @module
 */
import type { EventRecord } from '../kube/events.ts';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { ProbeResult } from '../reconcilers/webhook-upkeep/probe.ts';
import type { UpkeepObserver } from '../reconcilers/webhook-upkeep/upkeep.ts';

/** What the log says of each; everything but Refused is a warning. */
export const VERDICTS: Readonly<Record<ProbeResult, string>> = {
  Refused: 'Admission works',
  Admitted: 'Admission does not work: what the webhook must refuse would be admitted',
  Unreachable: 'Admission does not work: the API server cannot reach the webhook',
  RefusedByOthers: 'Admission cannot be proven: something else refused the probe first',
};

/** Reasons of events on a configuration of the webhook. The events page is held equal to it. */
export const ADMISSION_EVENTS = {
  AdmissionNotWorking: {
    type: 'Warning',
    message: 'Admission is not working',
    meaning:
      'Two dry runs in a row of what the webhook must refuse were not refused by it. The note says what was found; see that the webhook runs and its configurations are there.',
  },
  AdmissionWorking: {
    type: 'Normal',
    message: 'Admission is working',
    meaning: 'The webhook refuses what it must again.',
  },
} as const;

export function upkeepObserver({
  logger,
  metrics,
  record,
}: {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly record: (event: EventRecord) => void;
}): UpkeepObserver {
  let last: ProbeResult | undefined;
  let told: ProbeResult = 'Refused';
  return {
    step: (action) => {
      metrics.servingStep(action.kind);
      const reason = action.kind === 'Prepare' ? { reason: action.reason } : {};
      logger.info('Serving certificate of the webhook takes a step', { step: action.kind, ...reason });
    },
    bundleWritten: (configuration) => {
      metrics.servingStep('Publish');
      logger.info('Wrote the caBundle of the webhook', { configuration });
    },
    blocked: (problem) => logger.warn('Webhook is not looked after', { detail: problem }),
    looked: (certificate) => metrics.servingCertificate(certificate),
    probed: ({ result, detail }, configuration) => {
      metrics.admissionProbed(result, result === 'Refused');
      const [before, trouble] = [last, result !== 'Refused'];
      last = result;
      // Once is no news: at its first start the webhook has no certificate yet.
      const news = trouble ? before !== undefined && before !== 'Refused' : true;
      if (news && result !== told) {
        told = result;
        record(admissionEvent(trouble ? 'AdmissionNotWorking' : 'AdmissionWorking', { result, detail }, configuration));
      }
      if (result === before) return;
      const fields = detail === undefined ? { result } : { result, detail };
      if (result === 'Refused') logger.info(VERDICTS[result], fields);
      else logger.warn(VERDICTS[result], fields);
    },
  };
}

function admissionEvent(
  reason: keyof typeof ADMISSION_EVENTS,
  { result, detail }: { readonly result: ProbeResult; readonly detail: string | undefined },
  configuration: { readonly name: string; readonly uid: string | undefined },
): EventRecord {
  const regarding = { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingWebhookConfiguration' };
  return {
    regarding: { ...regarding, ...configuration },
    type: ADMISSION_EVENTS[reason].type,
    reason,
    action: 'Probe',
    note: detail === undefined ? VERDICTS[result] : `${VERDICTS[result]} (${detail})`,
  };
}
