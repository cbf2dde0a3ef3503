import { context } from "@isopool/isopool/worker";

/** A customer's file. */
export interface Account {
  name: string;
  /** Cents, for each month. */
  bookings: number[][];
}

/** Sums up one month of an account. Each worker that is called reads and parses the account's file once. */
export async function monthOf(path: string, month: number): Promise<{ cents: number; hit: boolean }> {
  const cache = (context.state.accounts ??= new Map()) as Map<string, Account>;
  let account = cache.get(path);
  const hit = account !== undefined;
  if (!account) cache.set(path, account = JSON.parse(await Deno.readTextFile(path)) as Account);
  return { cents: account.bookings[month].reduce((a, b) => a + b, 0), hit };
}
