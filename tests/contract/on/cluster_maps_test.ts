// Suites of tests/contract on one backend: a file of its own, so that tests/run.ts can run it beside the others.
import { clusterContract } from "./cluster.ts";

await clusterContract("maps");
