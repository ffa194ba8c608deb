// The bus: ordered, keyed, raw bytes, at least once. It guarantees that messages of one key stay in order, that a position
// moves only after the handler is done, and that nothing is skipped. It knows topics and offsets and nothing of what the
// bytes mean. Two implementations behind one port, held to one contract suite: Kafka, and a twin in memory that is fed by
// the same outbox.
export { type Backoff } from './backoff.js';
export { KafkaBus, type KafkaOptions } from './kafka.js';
export { type Log } from './log.js';
export { MemoryBus, type MemoryOptions } from './memory.js';
export { type Bus, type BusFaultCode, type Message, type Received, type Subscription } from './port.js';
