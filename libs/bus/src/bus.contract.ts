import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Bus, Message, Received } from './port.js';

export interface Subject {
  bus: Bus;
  /** A bus of the same kind whose broker does not answer. */
  gone: Bus;
}

/** What every bus owes its users. */
export function holdsTheContract(name: string, open: () => Promise<Subject>): void {
  describe(name, () => {
    let subject: Subject;
    beforeAll(async () => {
      subject = await open();
    });
    afterAll(async () => {
      await subject.bus.close();
      await subject.gone.close();
    });

    /** Subscribes for the length of a test, and records what comes. */
    async function listen(topic: string, group: string, handle: (batch: Received[]) => Promise<void> = async () => {}) {
      const received: Received[] = [];
      const subscription = await subject.bus.subscribe({
        topic,
        group,
        handle: async (batch) => {
          await handle(batch);
          received.push(...batch);
        },
      });
      onTestFinished(() => subscription.stop());
      return { received, texts: () => received.map(text), stop: () => subscription.stop() };
    }

    it('hands on the exact bytes, the key and the headers', async () => {
      const topic = newName();
      const every = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
      const sent = [every, Buffer.from('{"a": 1.0 }\n'), Buffer.alloc(200_000, 0xff)].map((value, index) => ({
        key: 'dec_1',
        value,
        headers: { ce_id: `evt_${index}`, note: 'påskönnad ✓' },
      }));
      const { received } = await listen(topic, newName());
      await subject.bus.publish(topic, sent);
      await until(() => received.length >= sent.length);
      expect(received.map(({ key, value, headers }) => ({ key, value: value.toString('hex'), headers }))).toEqual(
        sent.map(({ key, value, headers }) => ({ key, value: value.toString('hex'), headers })),
      );
      expect(received[0]).toMatchObject({
        topic,
        partition: expect.any(Number),
        offset: expect.stringMatching(/^\d+$/),
      });
    });

    it('keeps the messages of one key in order, in one partition, also across publishes', async () => {
      const topic = newName();
      const { received } = await listen(topic, newName());
      for (let round = 0; round < 3; round++) {
        await subject.bus.publish(topic, numbered(700, 20, round * 700));
      }
      await until(() => received.length >= 2100);
      expectOrderPerKey(received);
      expect(new Set(received.map(text)).size).toBe(2100);
      for (const of of byKey(received).values()) expect(new Set(of.map(({ partition }) => partition)).size).toBe(1);
    });

    it('hands the same messages again after the handler failed, skips none, and lets other partitions go on', async () => {
      const topic = newName();
      let failures = 3;
      const { received } = await listen(topic, newName(), async (batch) => {
        if (batch.some(({ key }) => key === 'key-0') && failures-- > 0) throw new Error('database is down');
      });
      const published = subject.bus.publish(topic, numbered(100, 10));
      await until(() => received.length >= 100);
      await published;
      expect(failures).toBeLessThan(0);
      expect(new Set(received.map(text)).size).toBe(100);
      expectOrderPerKey(received);
    });

    it('hands on nothing of a partition while the handler is still busy with what came before', async () => {
      const topic = newName();
      const gate = deferred();
      const begun: string[] = [];
      const { texts } = await listen(topic, newName(), async (batch) => {
        begun.push(...batch.map(text));
        await gate.promise;
      });
      const first = subject.bus.publish(topic, [message('k', 'first')]);
      await until(() => begun.length > 0);
      const second = subject.bus.publish(topic, [message('k', 'second')]);
      await delay(500);
      expect(begun).toEqual(['first']);
      gate.resolve();
      await Promise.all([first, second]);
      await until(() => begun.length >= 2);
      await until(() => texts().length >= 2);
      expect(texts()).toEqual(['first', 'second']);
    });

    it('does not move the position past what the handler refused, so the next member gets it', async () => {
      const [topic, group] = [newName(), newName()];
      let tries = 0;
      const failing = await listen(topic, group, async () => {
        tries += 1;
        throw new Error('no');
      });
      const published = subject.bus.publish(topic, [message('k', 'kept')]);
      await until(() => tries > 0);
      await failing.stop();
      const { texts } = await listen(topic, group);
      await until(() => texts().length > 0);
      await published;
      expect(texts()).toEqual(['kept']);
    });

    it('goes on where the group stopped when it comes back', async () => {
      const [topic, group] = [newName(), newName()];
      const before = await listen(topic, group);
      await subject.bus.publish(topic, numbered(50, 5));
      await until(() => before.received.length >= 50);
      await before.stop();
      const published = subject.bus.publish(topic, numbered(50, 5, 50));
      const after = await listen(topic, group);
      await until(() => after.received.length >= 50);
      await published;
      expect(new Set(after.texts())).toEqual(new Set(numbered(50, 5, 50).map(text)));
      expect(before.received).toHaveLength(50);
    });

    it('gives every group everything, and the members of one group a share each', async () => {
      const topic = newName();
      const shared = newName();
      const all = await listen(topic, newName());
      const one = await listen(topic, shared);
      const two = await listen(topic, shared);
      let sent = 0;
      // Members join in their own time; until both have, one of them has it all.
      while (sent === 0 || one.received.length === 0 || two.received.length === 0) {
        await subject.bus.publish(topic, numbered(40, 40, sent));
        sent += 40;
        await delay(200);
        expect(sent).toBeLessThan(6000);
      }
      await until(() => all.received.length >= sent);
      await until(() => new Set([...one.texts(), ...two.texts()]).size >= sent);
      expectOrderPerKey(all.received);
    });

    it('rejects a publish whose acceptance is not known', async () => {
      await expect(subject.gone.publish(newName(), [message('k', 'v')])).rejects.toMatchObject({ retryable: true });
    });

    it('says that it is closed instead of taking what it would lose', async () => {
      await subject.gone.close();
      await expect(subject.gone.publish(newName(), [message('k', 'v')])).rejects.toMatchObject({ code: 'bus-closed' });
      await expect(
        subject.gone.subscribe({ topic: newName(), group: 'g', handle: async () => {} }),
      ).rejects.toMatchObject({ code: 'bus-closed' });
    });
  });
}

export const newName = () => `test.${randomUUID()}`;

export function message(key: string, value: string): Message {
  return { key, value: Buffer.from(value), headers: {} };
}

/** Messages "0", "1", … spread over so many keys. */
export function numbered(count: number, keys: number, from = 0): Message[] {
  return Array.from({ length: count }, (_, index) => message(`key-${(from + index) % keys}`, String(from + index)));
}

export const text = ({ value }: Message) => value.toString();

export function byKey(received: Received[]): Map<string, Received[]> {
  return received.reduce(
    (keys, one) => keys.set(one.key, [...(keys.get(one.key) ?? []), one]),
    new Map<string, Received[]>(),
  );
}

/** First arrivals ascend in every key; a message may come again after a failure. */
export function expectOrderPerKey(received: Received[]): void {
  for (const of of byKey(received).values()) {
    const firsts = [...new Set(of.map((one) => Number(text(one))))];
    expect(firsts).toEqual([...firsts].sort((a, b) => a - b));
  }
}

export async function until(reached: () => boolean, withinMs = 25_000): Promise<void> {
  for (const deadline = Date.now() + withinMs; !reached(); await delay(10)) {
    if (Date.now() > deadline) throw new Error(`not reached within ${withinMs} ms: ${reached}`);
  }
}

export const delay = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

function deferred() {
  let resolve = () => {};
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}
