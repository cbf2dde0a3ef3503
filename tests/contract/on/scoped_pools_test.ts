import { scopedContract } from "./scoped.ts";

scopedContract("workers", "pools");
