import { scopedContract } from "./scoped.ts";

scopedContract("messages");
