import { clusterContract } from "./cluster.ts";

await clusterContract("pools", "messages");
