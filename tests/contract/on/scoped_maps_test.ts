import { scopedContract } from "./scoped.ts";

scopedContract("maps");
