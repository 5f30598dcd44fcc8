// SPDX-License-Identifier: Apache-2.0
/**
 * What of a controller's runs goes into the log, and how loudly. Retries are counted and not news.
 * @module
 */
import type { ControllerObserver, Finished } from '../controller/controller.ts';
import type { Logger } from './logger.ts';

/** Logs the runs of a controller and passes them on. */
export function loggingObserver(logger: Logger, next: ControllerObserver): ControllerObserver {
  return {
    ...next,
    finished: (run) => {
      next.finished(run);
      logRun(logger, run);
    },
  };
}

function logRun(logger: Logger, { key, outcome, duration, error }: Finished): void {
  const fields = { key, duration: Math.round(duration), ...(error === undefined ? {} : { err: error }) };
  switch (outcome) {
    case 'success':
    case 'requeue_after':
    case 'canceled':
      logger.debug('Reconciled', { ...fields, outcome });
      break;
    case 'error':
      // Somebody wrote in between: the next try reads what they wrote.
      if (error?.code === 'ERR_KUBE_CONFLICT' || error?.code === 'ERR_NOT_SIGNING') {
        logger.debug('Reconcile will be tried again', fields);
      } else {
        logger.warn('Reconcile failed and will be tried again', fields);
      }
      break;
    default:
      outcome satisfies never;
  }
}
