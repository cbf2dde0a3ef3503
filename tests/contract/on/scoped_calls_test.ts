import { scopedContract } from "./scoped.ts";

scopedContract("calls");
