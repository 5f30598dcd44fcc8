// SPDX-License-Identifier: Apache-2.0
/**
 * The whole controller over an API server in memory, on a clock that moves when told to: one process after the other, as
 * terms follow each other.
 * @module
 */
import { onTestFinished, vi } from 'vitest';
import type { ReloadType, ServiceIdentity, ServiceIdentitySpec } from '../../../src/api/service-identity.ts';
import type { TrustDomainSpec } from '../../../src/api/trust-domain.ts';
import { API_VERSION } from '../../../src/api/well-known.ts';
import { type App, createApp } from '../../../src/app/app.ts';
import type { LeaseSettings } from '../../../src/app/elector.ts';
import { Manager } from '../../../src/controller/manager.ts';
import { ClockSkew } from '../../../src/kube/clock-skew.ts';
import type { KubeObject } from '../../../src/kube/resources.ts';
import { NO_AUDIT } from '../../../src/observability/audit.ts';
import { createLogger } from '../../../src/observability/logger.ts';
import { createMetrics } from '../../../src/observability/metrics.ts';
import { appObserver } from '../../../src/signals/app-observer.ts';
import { SECOND } from '../../../src/time.ts';
import { NOW, SETTINGS } from '../../support/builders.ts';
import { linesTo } from '../../support/log-lines.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryAPI } from '../../support/memory-api.ts';
import { NO_LABELS } from '../../support/metric-options.ts';

const OWN = `/apis/${API_VERSION}`;
const SHOP = '/api/v1/namespaces/shop';
const LEASE = { name: 'signet', identity: 'this-replica' };
const LEASES = `/apis/coordination.k8s.io/v1/namespaces/${SETTINGS.ownNamespace}/leases`;
/** Keys are made, so some time passes that no clock of a test knows of. */
const PATIENCE = { timeout: 8 * SECOND, interval: 5 };
const STOP_DEADLINE = 5 * SECOND;
const DEFAULT: TrustDomainSpec = { trustDomain: 'example.org', allowedNamespaces: {} };

export interface Running {
  readonly app: App;
  readonly skew: ClockSkew;
  stop(): Promise<unknown>;
}

interface StartOptions {
  readonly reload?: readonly ReloadType[];
  readonly lease?: LeaseSettings;
}

export class MemoryApp {
  readonly clock = new ManualClock(NOW);
  readonly api = new MemoryAPI(this.clock);

  constructor() {
    this.api.create('/api/v1/namespaces', { metadata: { name: 'shop' } });
    this.api.create(`${SHOP}/serviceaccounts`, { metadata: { name: 'checkout', namespace: 'shop' } });
  }

  trustDomain(name: string): void {
    this.api.create(`${OWN}/trustdomains`, {
      metadata: { name },
      spec: { ...DEFAULT, trustDomain: `${name}.example.org` },
    });
  }

  identity(name: string, spec: Partial<ServiceIdentitySpec> = {}): void {
    const metadata = { name, namespace: 'shop' };
    this.api.create(`${OWN}/namespaces/shop/serviceidentities`, {
      metadata,
      spec: { serviceAccountName: 'checkout', ...spec },
    });
  }

  pod(name: string, secretName: string): void {
    const spec = { volumes: [{ name: 'svid', secret: { secretName } }] };
    this.api.create(`${SHOP}/pods`, { metadata: { name, namespace: 'shop' }, spec });
  }

  /** Waits until the pod has an annotation, and tells all that it has. */
  untilAnnotated(pod: string): Promise<Readonly<Record<string, string>>> {
    return vi.waitFor(() => {
      const annotations = this.annotationsOf(pod);
      if (Object.keys(annotations).length === 0) throw new Error(`pod ${pod} has no annotation`);
      return annotations;
    }, PATIENCE);
  }

  annotationsOf(pod: string): Readonly<Record<string, string>> {
    const { metadata } = this.api.get(`${SHOP}/pods/${pod}`) as KubeObject;
    return metadata.annotations ?? {};
  }

  /** Waits for what the identity is to become; the clock stands still. */
  until(name: string, condition: (identity: ServiceIdentity) => boolean): Promise<ServiceIdentity> {
    return vi.waitFor(() => {
      const identity = this.stored(name);
      if (!condition(identity)) throw new Error(`${name} is ${JSON.stringify(identity.status)}`);
      return identity;
    }, PATIENCE);
  }

  stored(name: string): ServiceIdentity {
    return this.api.get(`${OWN}/namespaces/shop/serviceidentities/${name}`) as ServiceIdentity;
  }

  renew(name: string, renewRequest: string): void {
    this.api.patch(`${OWN}/namespaces/shop/serviceidentities/${name}`, { spec: { renewRequest } });
  }

  /** The same, once it is so far; the clock stands still. */
  async startUntil(condition: (app: App) => boolean, options?: StartOptions): Promise<Running> {
    const running = this.start(options);
    await vi.waitFor(() => {
      if (!condition(running.app)) throw new Error('the app is not so far');
    }, PATIENCE);
    return running;
  }

  /** A process that does not get the Lease before `win`, once it is so far. */
  standbyUntil(condition: (app: App) => boolean): Promise<Running> {
    const spec = { holderIdentity: 'another-replica', leaseDurationSeconds: 10 };
    this.api.create(LEASES, { metadata: { name: LEASE.name, namespace: SETTINGS.ownNamespace }, spec });
    return this.startUntil(condition, { lease: LEASE });
  }

  /** Whoever held the Lease gives it up; time passes until the standby has it. */
  async win({ app }: Running): Promise<void> {
    this.api.patch(`${LEASES}/${LEASE.name}`, { spec: { holderIdentity: '' } });
    await vi.waitFor(async () => {
      await this.clock.advance(SECOND / 10);
      if (!app.mayAct()) throw new Error('the Lease is not won');
    }, PATIENCE);
  }

  /** A process that needs no Lease unless it is given one: its term begins when its caches are complete. */
  start({ reload = [], lease }: StartOptions = {}): Running {
    const { clock, api: transport } = this;
    const skew = new ClockSkew(clock);
    const logger = createLogger({ level: 'error', format: 'json', now: clock.now, output: linesTo(() => undefined) });
    const observer = appObserver({
      logger,
      metrics: createMetrics(NO_LABELS),
      clock,
      record: () => undefined,
      audit: NO_AUDIT,
    });
    const app = createApp({
      transport,
      clock,
      settings: SETTINGS,
      workers: 4,
      watchNamespaces: undefined,
      lease,
      defaultTrustDomain: DEFAULT,
      reload,
      webhook: undefined,
      skew,
      observer,
    });
    const manager = new Manager({ clock, runnables: app.runnables, stopDeadline: STOP_DEADLINE });
    void manager.start();
    const stop = (): Promise<unknown> => manager.stop();
    onTestFinished(async () => {
      const stopped = stop();
      // What hangs is given up.
      await clock.advance(STOP_DEADLINE);
      await stopped;
    });
    return { app, skew, stop };
  }
}

export function isIssued({ status }: ServiceIdentity): boolean {
  return status?.conditions?.some(({ type, status: told }) => type === 'Ready' && told === 'True') === true;
}
