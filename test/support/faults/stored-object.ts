// SPDX-License-Identifier: Apache-2.0
/**
 * Built-in objects as the API server stores them in etcd (protocol buffers behind four octets), read as far as a
 * witness needs. It shares nothing with the API server, so what it sees is what is stored.
 * @module
 */

/** `k8s` and a zero, in front of every stored built-in object. */
const MAGIC = Buffer.from('k8s\0');

/** Fields of a message: number, then every length-delimited value it has. */
type Message = ReadonlyMap<number, readonly Buffer[]>;

export interface StoredSecret {
  readonly uid: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly data: Readonly<Record<string, Buffer>>;
  /** The process that stored the private key; undefined: nobody that names itself as `managerOf` says. */
  readonly writer: number | undefined;
}

const MANAGER = /^signet-pid-(\d+)$/u;

/** The field manager of a process. */
export function managerOf(pid: number): string {
  return `signet-pid-${pid}`;
}

/** k8s.io/api/core/v1 Secret: metadata 1 (of which uid 5, annotations 12, managedFields 17), data 2. */
export function storedSecret(value: Buffer): StoredSecret {
  const secret = storedMessage(value);
  const metadata = messageIn(secret, 1);
  const annotations = entriesOf(metadata, 12).map(([key, text]) => [key, text.toString('utf8')] as const);
  const data = Object.fromEntries(entriesOf(secret, 2));
  return { uid: textOf(metadata, 5), annotations: Object.fromEntries(annotations), data, writer: writerOf(metadata) };
}

/**
 * ManagedFieldsEntry: manager 1, fieldsV1 7 (of which the JSON is 1). A field belongs to who changed it last, and with
 * every issuance the key is another.
 */
function writerOf(metadata: Message): number | undefined {
  for (const bytes of metadata.get(17) ?? []) {
    const entry = messageOf(bytes);
    const fields = JSON.parse(textOf(messageIn(entry, 7), 1) || '{}') as { 'f:data'?: Record<string, unknown> };
    if (fields['f:data']?.['f:tls.key'] === undefined) continue;
    const [, pid] = MANAGER.exec(textOf(entry, 1)) ?? [];
    return pid === undefined ? undefined : Number(pid);
  }
  return undefined;
}

/** A map, as a list of messages with key 1 and value 2. */
function entriesOf(message: Message, field: number): (readonly [string, Buffer])[] {
  return (message.get(field) ?? []).map((entry) => {
    const fields = messageOf(entry);
    return [textOf(fields, 1), fields.get(2)?.[0] ?? Buffer.alloc(0)] as const;
  });
}

/** k8s.io/api/coordination/v1 Lease: spec 2, of which holderIdentity 1; empty when nobody holds it. */
export function storedHolder(value: Buffer): string {
  return textOf(messageIn(storedMessage(value), 2), 1);
}

/** runtime.Unknown: the object's own message is its field 2. */
function storedMessage(value: Buffer): Message {
  if (!value.subarray(0, 4).equals(MAGIC)) throw new Error('a stored object does not begin as built-in objects do');
  return messageIn(messageOf(value.subarray(4)), 2);
}

function messageIn(message: Message, field: number): Message {
  const [bytes] = message.get(field) ?? [];
  return bytes === undefined ? new Map() : messageOf(bytes);
}

function textOf(message: Message, field: number): string {
  return message.get(field)?.[0]?.toString('utf8') ?? '';
}

function messageOf(bytes: Buffer): Message {
  const fields = new Map<number, Buffer[]>();
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const octet = bytes[at++];
      if (octet === undefined) throw new Error('a stored object ends in the middle');
      value += (octet & 0x7f) * factor;
      if (octet < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const wire = tag % 8;
    if (wire === 0) varint();
    else if (wire === 1) at += 8;
    else if (wire === 5) at += 4;
    else if (wire === 2) {
      const length = varint();
      const field = Math.floor(tag / 8);
      const values = fields.get(field) ?? [];
      fields.set(field, values);
      values.push(bytes.subarray(at, at + length));
      at += length;
    } else throw new Error(`a stored object has wire type ${wire}`);
  }
  return fields;
}
