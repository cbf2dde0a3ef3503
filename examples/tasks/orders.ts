import { DatabaseSync, type StatementSync } from "node:sqlite";
import { context } from "@isopool/isopool/worker";

/** The state that the initializer stores in the worker. */
interface Connection {
  database: DatabaseSync;
  byCustomer: StatementSync;
  queries: number;
}

const connection = () => context.state.connection as Connection;

/** Opens this worker's connection and prepares its statement, once, before the worker's first task. */
export function open(path: string): void {
  const database = new DatabaseSync(path, { timeout: 10_000 });
  const byCustomer = database.prepare("SELECT count(*) AS orders, sum(cents) AS cents FROM orders WHERE customer = ?");
  context.state.connection = { database, byCustomer, queries: 0 } satisfies Connection;
}

/** Sums up one customer's orders. */
export function total(customer: number): { orders: number; cents: number } {
  connection().queries++;
  const { orders, cents } = connection().byCustomer.get(customer)!;
  return { orders: Number(orders), cents: Number(cents) };
}

/** Stores the number of queries and closes the connection, after the worker's last task. */
export function close(): void {
  const { database, queries } = connection();
  database.prepare("INSERT INTO sessions VALUES (?)").run(queries);
  database.close();
}
