/** It cannot be had on this machine, for a reason that a person can act on. */
export class TesterUnavailable extends Error {}

/** The Python that has scim2-tester. */
export function scimTester(): string;
