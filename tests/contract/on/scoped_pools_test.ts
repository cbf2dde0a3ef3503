import { scopedContract } from "./scoped.ts";

scopedContract("pools");
