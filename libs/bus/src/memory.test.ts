import { describe, expect, it } from 'vitest';
import { delay, holdsTheContract, message, newName, numbered, text, until } from './bus.contract.js';
import { MemoryBus } from './memory.js';

const backoff = { first: 5, most: 20 };

/** A bus that closes under its publisher: the nearest that memory comes to a broker that is gone. */
class Vanishing extends MemoryBus {
  override async publish(...[topic, messages]: Parameters<MemoryBus['publish']>) {
    if (messages.length > 0) await this.close();
    await super.publish(topic, messages);
  }
}

holdsTheContract('the bus in memory', async () => ({ bus: new MemoryBus({ backoff }), gone: new Vanishing() }));

describe('the hand-over from the outbox', () => {
  it('is done only when every group is done, so a cursor that moves after it loses nothing', async () => {
    const bus = new MemoryBus({ backoff });
    const topic = newName();
    let slow = 0;
    let failures = 2;
    await bus.subscribe({ topic, group: 'quick', handle: async () => {} });
    await bus.subscribe({
      topic,
      group: 'slow',
      handle: async (batch) => {
        await delay(20);
        if (failures-- > 0) throw new Error('not yet');
        slow += batch.length;
      },
    });
    await bus.publish(topic, numbered(30, 1));
    expect(slow).toBe(30);
    await bus.close();
  });

  it('rejects when the bus closes before a group was done', async () => {
    const bus = new MemoryBus({ backoff });
    const topic = newName();
    let tries = 0;
    await bus.subscribe({
      topic,
      group: 'broken',
      handle: async () => {
        tries += 1;
        throw new Error('down');
      },
    });
    const published = bus.publish(topic, [message('k', 'v')]);
    published.catch(() => {});
    await until(() => tries > 1);
    await bus.close();
    await expect(published).rejects.toMatchObject({ code: 'bus-closed' });
    const triesAtClose = tries;
    await delay(60);
    expect(tries).toBe(triesAtClose);
  });

  it('counts a handler that throws at once like one that rejects', async () => {
    const bus = new MemoryBus({ backoff });
    const topic = newName();
    const seen: string[] = [];
    let failures = 1;
    await bus.subscribe({
      topic,
      group: 'g',
      handle: (batch) => {
        if (failures-- > 0) throw new Error('thrown, not rejected');
        seen.push(...batch.map(text));
        return Promise.resolve();
      },
    });
    await bus.publish(topic, [message('k', 'v')]);
    expect(seen).toEqual(['v']);
    await bus.close();
  });

  it('is not changed by a publisher that reuses its buffer', async () => {
    const bus = new MemoryBus({ backoff });
    const topic = newName();
    const seen: string[] = [];
    await bus.subscribe({ topic, group: 'g', handle: async (batch) => void seen.push(...batch.map(text)) });
    const reused = message('k', 'as sent');
    const published = bus.publish(topic, [reused]);
    reused.value.fill('x');
    await published;
    expect(seen).toEqual(['as sent']);
    await bus.close();
  });
});
