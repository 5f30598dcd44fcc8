// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, it } from 'vitest';
import { answer, status } from './scripted-server.ts';
import { bench, closeAll, codeOf, read } from './transport-bench.ts';

afterEach(closeAll);

describe('requestBytes', () => {
  it('gives the body as it came', async () => {
    const { transport } = await bench((_request, response) => answer(response, 200, '{"a": "Ü" } '));
    expect((await transport.requestBytes(read)).toString()).toBe('{"a": "Ü" } ');
  });

  it('gives nothing for an empty answer', async () => {
    const { transport } = await bench((_request, response) => answer(response, 200, ''));
    expect((await transport.requestBytes(read)).length).toBe(0);
  });

  it('repeats and fails as request does', async () => {
    const { server, transport } = await bench((_request, response, index) =>
      index === 0
        ? answer(response, 503, status(503, 'ServiceUnavailable'))
        : answer(response, 404, status(404, 'NotFound')),
    );
    expect(await codeOf(transport.requestBytes(read))).toBe('ERR_KUBE_NOT_FOUND');
    expect(server.requests).toHaveLength(2);
  });
});
