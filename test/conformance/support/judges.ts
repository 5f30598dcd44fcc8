// SPDX-License-Identifier: Apache-2.0
/**
 * All the judges behind one question: what does everybody hold of this chain? It starts the long-running ones,
 * keeps the number of OpenSSL processes small, and counts every verdict for the table at the end.
 * @module
 */
import { buildJudges } from '../../../hack/judges/build.ts';
import { JudgeProcess, type JudgeRequest, type Verdicts } from '../../../hack/judges/judge-process.ts';
import { judgeWithOpenSSL, requireOpenSSL } from '../../../hack/judges/openssl.ts';
import { SignetError } from '../../../src/errors.ts';
import { parseCertificate } from '../../../src/pki/certificate.ts';
import { pathProblem } from '../../../src/pki/path.ts';
import { type Instant, SECOND } from '../../../src/time.ts';
import { Tally } from './tally.ts';

/** A chain as it stands in tls.crt, the anchors of ca.crt, and the moment somebody looks at them. */
export interface Exhibit {
  /** DER, leaf first. */
  readonly chain: readonly Uint8Array[];
  /** DER. */
  readonly anchors: readonly Uint8Array[];
  readonly now: Instant;
  readonly trustDomain: string;
  /** PKCS#8 DER of the leaf. */
  readonly key?: Uint8Array;
}

/** The panel. Each test file has its own; nothing runs before `start`. */
export class Judges {
  readonly tally: Tally = new Tally();
  readonly #openssl = new Slots(4);
  #go: JudgeProcess | undefined;
  #java: JudgeProcess | undefined;

  async start(): Promise<void> {
    const [commands] = await Promise.all([buildJudges(), requireOpenSSL()]);
    this.#go = new JudgeProcess(commands.go);
    this.#java = new JudgeProcess(commands.java);
    this.#go.start();
    this.#java.start();
  }

  async stop(): Promise<void> {
    await Promise.all([this.#go?.stop(), this.#java?.stop()]);
  }

  /** Every judge there is. The key, where there is one, is shown to go-spiffe only. */
  async everybody(exhibit: Exhibit): Promise<Verdicts> {
    const { tally } = this;
    const lint = { ...exhibit, chain: [...exhibit.chain, ...exhibit.anchors] };
    const answers = await Promise.all([
      this.go(exhibit, ['x509', 'spiffe']),
      this.lint(lint),
      this.java(exhibit),
      this.openssl(exhibit),
    ]);
    const ours = tally.count({ signet: ourVerdict(exhibit) });
    return Object.assign({}, ours, ...answers);
  }

  /** `x509`: crypto/x509 once a purpose. `spiffe`: go-spiffe's check of a peer, and its loading of an own SVID. */
  async go(exhibit: Exhibit, judges: readonly ('x509' | 'spiffe')[]): Promise<Verdicts> {
    return this.tally.count(await started(this.#go).ask({ ...requestOf(exhibit), judges }));
  }

  /** What zlint finds in each certificate of the chain. */
  async lint(exhibit: Exhibit): Promise<Verdicts> {
    return this.tally.count(await started(this.#go).ask({ ...requestOf(exhibit), judges: ['lint'] }));
  }

  async java(exhibit: Exhibit): Promise<Verdicts> {
    return this.tally.count(await started(this.#java).ask(requestOf(exhibit)));
  }

  async openssl(exhibit: Exhibit): Promise<Verdicts> {
    return this.tally.count(await this.#openssl.run(() => judgeWithOpenSSL(requestOf(exhibit))));
  }
}

/** Only the verdicts that are refusals, by judge. */
export function refusals(verdicts: Verdicts): Verdicts {
  return Object.fromEntries(Object.entries(verdicts).filter(([, reason]) => reason !== ''));
}

/** Signet's own verdict; what its reader refuses counts as refused. Anything else it throws is a defect and passes on. */
export function ourVerdict({ chain, anchors, now, trustDomain }: Exhibit): string {
  try {
    const input = { chain: chain.map(parseCertificate), anchors: anchors.map(parseCertificate), now, trustDomain };
    return pathProblem(input) ?? '';
  } catch (error) {
    if (error instanceof SignetError && error.code === 'ERR_DER') return `malformed: ${error.message}`;
    throw error;
  }
}

function requestOf({ chain, anchors, now, trustDomain, key }: Exhibit): JudgeRequest {
  const request = { chain, anchors, at: Math.floor(now / SECOND), trustDomain };
  return key === undefined ? request : { ...request, key };
}

function started(judge: JudgeProcess | undefined): JudgeProcess {
  if (judge === undefined) throw new Error('The judges are not started.');
  return judge;
}

/** Lets a few run at a time and the rest wait in line. */
class Slots {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(free: number) {
    this.#free = free;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}
