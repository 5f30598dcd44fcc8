// SPDX-License-Identifier: Apache-2.0
/**
 * The Go and Java judges, built into the per-user cache; the Go version is part of the key, because its crypto/x509 is
 * one of the judges. Run by itself, it only builds.
 * @module
 */
import { join } from 'node:path';
import { buildCached } from './build-cache.ts';

const JVM_FLAGS = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xmx512m'];

/** How to start each judge. */
export interface JudgeCommands {
  readonly go: readonly string[];
  readonly java: readonly string[];
}

/** Builds what is missing and says how to start it. Throws when a toolchain is absent or a build fails. */
export async function buildJudges(): Promise<JudgeCommands> {
  const target = await buildCached({
    name: 'judges',
    title: 'the conformance judges',
    go: {
      folder: join(import.meta.dirname, 'go'),
      output: 'judge',
      note: ' (downloads go-spiffe and zlint the first time)',
    },
    java: { folder: join(import.meta.dirname, 'java'), source: 'Judge.java' },
  });
  return {
    go: [join(target, 'judge')],
    java: ['java', ...JVM_FLAGS, '-cp', join(target, 'java'), 'Judge'],
  };
}

if (import.meta.main) await buildJudges();
