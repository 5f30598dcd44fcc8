// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { PodFiles } from '../../support/handshakes/chain-state.ts';
import { withoutCrossCertificate } from '../../support/handshakes/edits.ts';
import { Mount, type MountOptions } from '../../support/handshakes/mount.ts';

let directory = '';

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  directory = await mkdtemp(path.join(tmpdir(), 'signet-mount-'));
});

afterEach(async () => {
  vi.useRealTimers();
  await rm(directory, { recursive: true });
});

function mount(lag: MountOptions['lag'], edit?: MountOptions['edit']): Mount {
  return new Mount({ directory, lag, edit });
}

function files(pair: number, anchors: number): PodFiles {
  return { certificate: `certificate ${pair}`, key: `key ${pair}`, anchors: `anchors ${anchors}` };
}

function read(name: string): Promise<string> {
  return readFile(path.join(directory, 'current', name), 'utf8');
}

function block(name: string): string {
  return `-----BEGIN CERTIFICATE-----\n${name}\n-----END CERTIFICATE-----\n`;
}

async function current(): Promise<PodFiles> {
  const [certificate, key, anchors] = await Promise.all(['tls.crt', 'tls.key', 'ca.crt'].map(read));
  return { certificate: certificate ?? '', key: key ?? '', anchors: anchors ?? '' };
}

it('starts with the files of the Secret, and turns certificate and key together, the anchors by themselves', async () => {
  const pod = mount((_, part) => (part === 'pair' ? 2000 : 500));
  pod.offer(files(1, 1));
  await pod.mounted;
  expect(await current()).toEqual(files(1, 1));
  pod.offer(files(2, 2));
  vi.advanceTimersByTime(499);
  expect(await current()).toEqual(files(1, 1));
  vi.advanceTimersByTime(1);
  expect(await current()).toEqual(files(1, 2));
  vi.advanceTimersByTime(1500);
  expect(await current()).toEqual(files(2, 2));
  expect(pod.files).toEqual(files(2, 2));
});

it('never goes back to an older version that is late', async () => {
  const pod = mount((version) => (version === 2 ? 1000 : 100));
  pod.offer(files(1, 1));
  pod.offer(files(2, 1));
  pod.offer(files(3, 1));
  vi.advanceTimersByTime(100);
  expect(await current()).toEqual(files(3, 1));
  vi.advanceTimersByTime(5000);
  expect(await current()).toEqual(files(3, 1));
});

it('remembers what each version held', () => {
  const pod = mount(() => 0);
  pod.offer(files(1, 1));
  expect(pod.describe(pod.version)).toBe('v1: no leaf; chain empty; anchors none');
  expect(pod.describe('v9')).toBe('no version "v9"');
});

it('gives the pod what an edit makes of the Secret: here, two certificates of three', async () => {
  const pod = mount(() => 0, withoutCrossCertificate);
  pod.offer({ ...files(1, 1), certificate: block('leaf') + block('intermediate') });
  expect((await current()).certificate).toBe(block('leaf') + block('intermediate'));
  pod.offer({ ...files(1, 1), certificate: block('leaf') + block('intermediate') + block('cross') });
  vi.advanceTimersByTime(0);
  expect((await current()).certificate).toBe(block('leaf') + block('intermediate'));
});

it('changes nothing after its end', async () => {
  const pod = mount(() => 100);
  pod.offer(files(1, 1));
  pod.offer(files(2, 2));
  pod.close();
  vi.advanceTimersByTime(1000);
  expect(await current()).toEqual(files(1, 1));
});
