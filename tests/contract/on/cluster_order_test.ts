import { clusterContract } from "./cluster.ts";

await clusterContract("order");
