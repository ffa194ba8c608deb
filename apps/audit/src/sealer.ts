import { Fault } from '@countersign/contract';
import { checkpointText, openNote, parseCheckpoint, signNote, type NoteKey } from '@countersign/ledger';
import type { CheckpointStore } from '@countersign/store';

/** Signs the head of the tree under the ledger's name. */
export class Sealer {
  constructor(
    private readonly checkpoints: CheckpointStore,
    private readonly key: NoteKey,
  ) {}

  /** Signs what was appended since. Throws Fault `ledger-inconsistent` when the ledger lost what was signed. */
  async seal(): Promise<void> {
    await this.checkpoints.sign((head) => signNote(checkpointText({ origin: this.key.name, ...head }), this.key));
  }

  /**
   * Throws Fault `checkpoint-key` unless the last head was signed with this key over what the database says: with another
   * key, everyone who checks would see a different ledger.
   */
  async requireContinuity(): Promise<void> {
    const last = await this.checkpoints.latest();
    if (!last) return;
    const opened = openNote(last.note, [this.key]);
    const head = 'text' in opened ? parseCheckpoint(opened.text) : undefined;
    if (!head || head.origin !== this.key.name || head.size !== last.size || !head.root.equals(last.root)) {
      throw new Fault(
        'checkpoint-key',
        `the last checkpoint of this database is not signed by ${this.key.name}+${this.key.id}: ` +
          'restore the signing key and COUNTERSIGN_LEDGER_ORIGIN that it was signed with, or use another database',
      );
    }
  }
}
