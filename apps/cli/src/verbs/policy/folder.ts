/** The option of every verb that reads a folder of Rego. */
export const FOLDER = {
  policies: { type: 'string', value: '<folder>', help: 'folder of Rego (COUNTERSIGN_POLICIES, policies)' },
} as const;
