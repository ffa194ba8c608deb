// Deadlines, RFC 3339 in UTC. They are compared as times, not as text: two spellings of one moment must not buy a second.

/** The time that is so many seconds later. */
export function addSeconds(at: string, seconds: number): string {
  return new Date(Date.parse(at) + seconds * 1000).toISOString();
}

/** Whether a deadline is over. What is no time is over. */
export function isPast(deadline: string, at: string): boolean {
  return !(Date.parse(at) < Date.parse(deadline));
}
