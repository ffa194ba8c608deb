import { renderCard, type Beside, type Decision, type Place } from '@countersign/approval';
import { canonicalize, digestOf } from '@countersign/ledger';
import type { Log } from '@countersign/service';
import type { Deliveries } from '@countersign/store';
import type { BesideReader } from './beside.js';
import type { Sheet } from './surface.js';

export interface SheetsParts {
  deliveries: Deliveries;
  /** Absent: nothing stands beside a request. */
  beside?: BesideReader | undefined;
  /** URL of the inbox. Absent: cards do not lead there. */
  inbox?: string | undefined;
  log: Log;
}

const UNKNOWN: Beside = { just_before: ['could not be looked up'], similar: ['could not be looked up'] };

/** The cards of conversations, each with all that is shown under its digest. */
export class Sheets {
  constructor(private readonly parts: SheetsParts) {}

  /** The card to be sent. What stands beside the request is looked up once, so that no later look changes the card. */
  async toSend(decision: Decision, place: Place, kept: Beside | null): Promise<Sheet> {
    return this.sheet(decision, kept ?? (await this.lookUp(decision, place)));
  }

  /** The card as it would be sent again. */
  async again(decision: Decision, place: Place): Promise<Sheet> {
    return this.sheet(decision, await this.parts.deliveries.beside(decision.id, place));
  }

  private sheet(decision: Decision, beside: Beside | undefined): Sheet {
    const { inbox } = this.parts;
    const card = renderCard(decision, { ...(beside ? { beside } : {}), ...(inbox ? { inbox } : {}) });
    return { card, version: decision.version, digest: digestOf(canonicalize(card)) };
  }

  /** Nobody waits for it: a request is put before people without it, and says that it is not there. */
  private async lookUp(decision: Decision, place: Place): Promise<Beside | undefined> {
    if (!this.parts.beside || (decision.status !== 'PENDING' && !decision.broke_glass)) return undefined;
    try {
      const found = await this.parts.beside.beside(decision.id, place);
      await this.parts.deliveries.keepBeside(decision.id, place, found);
      return found;
    } catch (error) {
      const cause = error instanceof Error ? error.message : String(error);
      this.parts.log.warn({ decision_id: decision.id, ...place, cause }, 'what stands beside a request is not known');
      return UNKNOWN;
    }
  }
}
