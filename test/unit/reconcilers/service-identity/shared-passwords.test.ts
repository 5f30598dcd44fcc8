// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { SharedPasswords } from '../../../../src/reconcilers/service-identity/shared-passwords.ts';
import { SECOND } from '../../../../src/time.ts';
import { NOW } from '../../../support/builders.ts';
import { FakeAPI } from '../../../support/fake-api.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const KEY = 'shop/keystore-password';
const NAME = 'keystore-password';

let api: FakeAPI;
let clock: ManualClock;
let read: () => Promise<Buffer | undefined>;

function write(password: string): void {
  const data = { password: Buffer.from(password).toString('base64') };
  if (!api.stored.has(KEY)) api.create({ name: NAME, labels: { 'signet.dev/password': 'true' } });
  api.edit(KEY, ({ meta }) => ({ meta, secret: { type: 'Opaque', data } }));
}

beforeEach(() => {
  api = new FakeAPI();
  clock = new ManualClock(NOW);
  const calls = new SharedPasswords(clock, (key) => api.passwords.get(key)).sharing(api.api);
  read = async () => (await calls.getPasswordSecret('shop', NAME))?.secret.data.get('password');
  write('first');
  api.sync();
});

describe('a password that several identities share', () => {
  it('is read once, and each has a copy of its own', async () => {
    const [one, other] = [await read(), await read()];
    one?.fill(0);
    expect(other?.toString()).toBe('first');
    expect((await read())?.toString()).toBe('first');
    expect(api.calls).toEqual([`get ${NAME}`]);
  });

  it('is forgotten after a second, and zeroed', async () => {
    const fill = vi.spyOn(Buffer.prototype, 'fill');
    await read();
    expect(fill).not.toHaveBeenCalled();
    await clock.advance(SECOND);
    expect(fill.mock.contexts.map((file) => (file as Buffer).toString())).toEqual(['\0'.repeat(5)]);
    fill.mockRestore();
    await read();
    expect(api.calls).toHaveLength(2);
  });

  it('is read again once the watch shows that it changed', async () => {
    await read();
    write('second');
    expect((await read())?.toString()).toBe('first');
    api.sync();
    await clock.advance(SECOND / 2);
    expect((await read())?.toString()).toBe('second');
    // The second of the first one is over.
    await clock.advance(SECOND / 2);
    expect((await read())?.toString()).toBe('second');
    expect(api.calls).toHaveLength(2);
  });

  it('is not shared while the watch is behind it', async () => {
    write('second');
    for (let n = 0; n < 2; n += 1) expect((await read())?.toString()).toBe('second');
    expect(api.calls).toHaveLength(2);
  });

  it('is not there for anybody once it is gone', async () => {
    await read();
    api.stored.delete(KEY);
    api.sync();
    expect(await read()).toBeUndefined();
  });
});
