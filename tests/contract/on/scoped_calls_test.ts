// Suites of tests/contract on one backend: a file of its own, so that tests/run.ts can run it beside the others.
import { scopedContract } from "./scoped.ts";

scopedContract("calls");
