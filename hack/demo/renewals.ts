// SPDX-License-Identifier: Apache-2.0
/**
 * Watches certificates being renewed under traffic. A renewal counts when the peer has seen the new certificate in a
 * handshake, not when it is stored.
 * @module
 */
import type { Program } from '../controlplane/process.ts';
import { LIFETIME_SECONDS, MARGIN_SECONDS } from './controller.ts';
import { spiffeIDOf, type Traffic } from './handshakes.ts';
import { field, readLog } from './program-log.ts';
import { failure, type Stage, until } from './stage.ts';
import { WORKLOADS, type Workload } from './workloads.ts';

/** A renewal comes at 60 % of the lifetime at the latest; this is past its end. */
const NEXT_WITHIN_MS = (LIFETIME_SECONDS + 2 * MARGIN_SECONDS) * 1000;

const ADVICE =
  'read the logs above, the last one first. A machine that is busy for seconds on end can do this: then try again.';

interface Renewal {
  readonly workload: Workload;
  readonly before: string;
  readonly now: string;
}

export interface Totals {
  readonly renewals: number;
  readonly requests: number;
  readonly refused: number;
}

/** Waits until every workload has been renewed `times` times; an Error when a single request of frontend failed. */
export async function watchRenewals(stage: Stage, traffic: Traffic, times: number): Promise<Totals> {
  const { progress } = stage.narrator;
  const seen: Renewal[] = [];
  while (WORKLOADS.some((workload) => seen.filter((each) => each.workload === workload).length < times)) {
    const step = progress.step(`Renewal ${seen.length + 1}`);
    const { requests, renewals } = await until(
      stage,
      async () => {
        const counted = await countRequests(traffic);
        step.update(`${counted.requests} requests, 0 failed`);
        const fresh = (await renewalsSeen(traffic)).filter(({ now }) => seen.every((each) => each.now !== now));
        return fresh.length === 0 ? undefined : { ...counted, renewals: fresh };
      },
      NEXT_WITHIN_MS,
      () => failure('No renewal came.', ADVICE, ...everything(traffic)),
    );
    for (const [index, renewal] of renewals.entries()) {
      seen.push(renewal);
      const line = index === 0 ? step : progress.step(`Renewal ${seen.length}`);
      line.done(`${describe(renewal)}, ${requests} requests so far, 0 failed`);
    }
  }
  return { ...(await countRequests(traffic)), renewals: seen.length };
}

/** The clients' certificates are those that checkout saw, checkout's that frontend saw. */
async function renewalsSeen({ server, frontend }: Traffic): Promise<Renewal[]> {
  const entries = [...(await readLog(server.program)), ...(await readLog(frontend))];
  const shown = entries.filter(
    ({ message, before }) => message === 'Peer shows a new certificate' && before !== undefined,
  );
  return shown.flatMap((entry) => {
    const workload = WORKLOADS.find((each) => spiffeIDOf(each) === entry['peer']);
    return workload === undefined ? [] : [{ workload, before: field(entry, 'before'), now: field(entry, 'now') }];
  });
}

/** An Error when something failed that must not, or went well that must not. */
async function countRequests(traffic: Traffic): Promise<{ requests: number; refused: number }> {
  const { server, frontend, reports } = traffic;
  const ended = everything(traffic).find((program) => program.exit() !== undefined);
  if (ended !== undefined) throw failure(`${ended.name} ended.`, ADVICE, ended);
  const [allowed, forbidden] = await Promise.all([readLog(frontend), readLog(reports)]);
  if (allowed.some(({ message }) => message === 'Request failed')) {
    throw failure('A request of frontend failed.', ADVICE, ...everything(traffic));
  }
  if (forbidden.some(({ message }) => message === 'Exchanged')) {
    throw failure('A request of reports was answered.', 'report this as a security bug.', server.program);
  }
  const totals = allowed.findLast(({ message }) => message === 'Requests');
  const refused = forbidden.filter(({ message }) => message === 'Request failed').length;
  return { requests: Number(totals?.['requests'] ?? 1), refused };
}

function everything({ controller, kubelet, server, frontend, reports }: Traffic): Program[] {
  return [reports, frontend, server.program, kubelet, controller];
}

function describe({ workload, before, now }: Renewal): string {
  return `${workload.name} ${before} -> ${now}`;
}
