// Facts about seats that people hand to each other for a time. A hand-over and its end are one stream.

/** Somebody has handed their seat in a group to another person. */
export interface SeatDelegated {
  type: 'seat.delegated';
  by: string;
  by_name: string;
  to: string;
  to_name: string;
  group: string;
  /** RFC 3339, UTC: when it begins. Absent: at once. */
  starts_at?: string;
  /** RFC 3339, UTC: when it ends by itself. */
  until: string;
  reason?: string;
}

/** A seat is back with whom it belongs to. */
export interface SeatDelegationEnded {
  type: 'seat.delegation_ended';
  by: string;
  to: string;
  group: string;
  /** Who of the two ended it. Absent when its time was over. */
  ended_by?: string;
}

export type SeatFact = SeatDelegated | SeatDelegationEnded;
export type SeatFactType = SeatFact['type'];
