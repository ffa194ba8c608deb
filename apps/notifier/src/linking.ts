/** A code that a person wrote to the bot, with whose it is to be, and who wrote it as the channel has verified. */
export interface LinkCode {
  code: string;
  person: string;
  account: { channel: 'slack' | 'teams'; account: string };
  /** In the chat system's words. */
  account_name: string;
  workspace: string;
}

/** Where chat accounts are linked to people. The answer is for whoever wrote the code. */
export interface Linking {
  present(code: LinkCode): Promise<string>;
}

/** The request as intake takes it. */
export function toLinkRequest({ code, person, account, account_name, workspace }: LinkCode) {
  return { code, person, chatAccount: account, accountName: account_name, workspace };
}
